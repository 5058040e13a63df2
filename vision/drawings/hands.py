"""A hand that holds something: the palm behind it, the fingers in front."""

from vision.drawings.canvas import Canvas, Colour, Paint, mix
from vision.drawings.shapes import ellipse, ribbon, smooth

HANDS: tuple[Colour, ...] = (
    (238.0, 190.0, 160.0),
    (222.0, 168.0, 134.0),
    (176.0, 120.0, 86.0),
    (124.0, 80.0, 56.0),
    (88.0, 58.0, 44.0),
)


def draw_palm(canvas: Canvas, skin: Colour, size: float = 1.0, drop: float = 0.0) -> None:
    """The part of a hand behind what it holds, with its arm running down."""
    paint = Paint(skin, 0.12, 0.7, 0.05, 0.05)
    arm = ribbon([(0.02, 0.5), (0.1, 1.0), (0.2, 2.8)], [0.3, 0.26, 0.34])
    palm = smooth([(-0.4, 0.0), (0.4, 0.0), (0.46, 0.5), (0.2, 0.85), (-0.3, 0.7)])
    thumb = ribbon(smooth([(-0.24, 0.6), (-0.5, 0.3), (-0.52, -0.05)], closed=False), 0.1)
    for shape in (arm, palm, thumb):
        canvas.fill(size * shape + (0.0, drop), paint)


def draw_fingers(canvas: Canvas, skin: Colour, size: float = 1.0, drop: float = 0.0) -> None:
    """Four finger tips that come up in front of what the hand holds."""
    nail = Paint(mix(skin, (255.0, 225.0, 215.0), 0.5), 0.02, 0.5, 0.3, shadow=0.15)
    for x, top in ((-0.3, 0.2), (-0.1, 0.14), (0.1, 0.15), (0.29, 0.22)):
        finger = ribbon([(0.85 * x + 0.04, 0.66), (x, top)], [0.105, 0.1, 0.09])
        paint = Paint(skin, 0.07, 0.7, 0.08, 0.04, mix(skin, (120, 40, 25), 0.25), 0.5)
        canvas.fill(size * finger + (0.0, drop), paint)
        tip = ellipse((x, top - 0.01), (0.05, 0.06), points=20)
        canvas.fill(size * tip + (0.0, drop), nail)
