"""Principal component analysis by singular value decomposition, with signs that stay put."""

from dataclasses import dataclass
from operator import index

import numpy as np
from numpy.typing import ArrayLike

from words_and_images.neural.arrays import FloatArray, require_finite, require_width


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The directions of largest variance through the mean.

    Attributes
    ----------
    mean : (features,)
    components : (count, features)
        Orthonormal rows, by falling variance. In each row the loading of largest absolute value
        is positive; where several are as large, the first of them.
    explained_variance : (count,)
        Variance along each component, divided by examples - 1.
    explained_variance_ratio : (count,)
        The same as a share of the variance of all features; 0 where nothing varies.
    """

    mean: FloatArray
    components: FloatArray
    explained_variance: FloatArray
    explained_variance_ratio: FloatArray

    def project(self, data: ArrayLike) -> FloatArray:
        """Coordinates along the components: (..., features) to (..., count)."""
        examples = np.asarray(data, dtype=np.float64)
        require_width("data", examples, len(self.mean))
        return (examples - self.mean) @ self.components.T


def principal_components(data: ArrayLike, count: int) -> PrincipalComponents:
    """The first `count` principal components of data (examples, features), in float64.

    With the centred data X = U S V^T: the components are the first rows of V^T, their variances
    S^2 / (examples - 1). Jolliffe, "Principal Component Analysis", 2002, section 3.5.

    Raises
    ------
    ValueError
        For fewer than two examples, numbers that are not finite, or a count outside
        1 .. min(examples, features).
    """
    examples = np.asarray(data, dtype=np.float64)
    if examples.ndim != 2 or len(examples) < 2:
        raise ValueError(
            f"data must have the shape (2 or more examples, features), not {examples.shape}."
        )
    require_finite("data", examples)
    count = index(count)
    if not 1 <= count <= min(examples.shape):
        raise ValueError(f"count must lie between 1 and {min(examples.shape)}, not {count}.")
    mean = examples.mean(axis=0)
    _, singular_values, directions = np.linalg.svd(examples - mean, full_matrices=False)
    variances = singular_values**2 / (len(examples) - 1)  # (min(examples, features),)
    total = variances.sum()
    ratios = variances / total if total > 0 else np.zeros_like(variances)
    components = _with_fixed_signs(directions[:count])
    return PrincipalComponents(mean, components, variances[:count], ratios[:count])


def _with_fixed_signs(components: FloatArray) -> FloatArray:
    """Turn each row so that its largest loading is positive: a SVD leaves the sign open."""
    sizes = np.abs(components)
    # Equal loadings differ in their last digits from one machine to the next: count them as equal
    largest = sizes >= sizes.max(axis=1, keepdims=True) * (1 - 1e-9)
    pivots = largest.argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), pivots])
    return components * signs[:, np.newaxis]
