"""The mathematics shared by words and images, written out in NumPy, one formula a line."""
