"""What stands in a street: the classes' names and colours, and how rough their surfaces are."""

import numpy as np

CLASSES = ("sky", "building", "tree", "road", "lane mark", "pavement", "car", "pedestrian")
SKY, BUILDING, TREE, ROAD, MARK, PAVEMENT, CAR, PEDESTRIAN = range(len(CLASSES))
PALETTE = np.uint8([
    (128, 128, 128), (128, 0, 0), (128, 128, 0), (128, 64, 128),
    (128, 0, 192), (0, 0, 192), (64, 0, 128), (64, 64, 0),
])  # fmt: skip
# How strongly coarse, medium and fine noise change each class's brightness.
TEXTURE = np.float32([
    (0.00, 0.00, 0.00), (0.05, 0.03, 0.06), (0.08, 0.22, 0.22), (0.06, 0.03, 0.07),
    (0.04, 0.04, 0.05), (0.05, 0.06, 0.04), (0.00, 0.01, 0.02), (0.02, 0.05, 0.04),
])  # fmt: skip
NARROWEST = {MARK: 1.5, PEDESTRIAN: 3.5, CAR: 6.0}  # pixels; what would be narrower is left out
