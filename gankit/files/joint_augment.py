import keras


@keras.saving.register_keras_serializable(package="gankit")
class JointAugment:
    """One change of scale, place, side and light for a picture and the mask that belongs to it.

    For `Dataset(augment=...)`, in the input pipeline. Pictures are interpolated, masks are not; what lies
    beyond the picture is grey, and ignored in the mask. Only pictures change in brightness and
    contrast, and not their fourth channel, which is no light.

    Args:
        size: (height, width) cut out, in pixels.
        scales: the smallest and the largest factor, drawn evenly in the logarithm.
        mirror: whether half of the pairs, by chance, are mirrored left to right.
        light: how far brightness (as a share of the whole range) and contrast may move; 0 for none.
        masks: whether sources and targets are masks.

    Example:

    ```python
    import numpy as np

    import gankit

    pictures, masks = np.zeros((8, 32, 40, 3), "uint8"), np.zeros((8, 32, 40), "uint8")
    augment = gankit.files.JointAugment((24, 24))
    dataset = gankit.files.Dataset.from_arrays(
        pictures, masks, batch_size=4, prepare=(lambda x: x / 127.5 - 1, None), augment=augment
    )
    x, y = next(iter(dataset))  # (4, 24, 24, 3), (4, 24, 24)
    ```
    """

    def __init__(self, size, scales=(0.75, 1.5), mirror=True, light=0.15, masks=(False, True)):
        if not 0 < scales[0] <= scales[1]:
            raise ValueError(f"`scales` must be positive and in order. Received: scales={scales}")
        if not 0 <= light < 1:
            raise ValueError(f"`light` must be in [0, 1). Received: light={light}")
        self.size, self.scales, self.masks = tuple(size), tuple(scales), tuple(masks)
        self.mirror, self.light = mirror, light

    def __call__(self, batch, seed):
        """`(sources, targets)` changed; TensorFlow tensors. `seed`: two int32 numbers."""
        import tensorflow as tf

        shape = tf.shape(batch[0])
        n, extent = shape[0], tf.cast(shape[1:3], tf.float32)
        draws = tf.random.stateless_uniform([6, n], seed)
        low, high = self.scales
        scale = low * (high / low) ** draws[0]
        window = tf.cast(self.size, tf.float32)[None] / (scale[:, None] * extent[None])  # of 1
        corner = tf.transpose(draws[1:3]) * (1.0 - window)  # negative where the window is larger
        boxes = tf.concat([corner, corner + window], axis=1)
        boxes = self._to_centres(boxes, extent)
        if self.mirror:
            boxes = tf.where(draws[3, :, None] < 0.5, tf.gather(boxes, [0, 3, 2, 1], axis=1), boxes)
        gain = 1.0 + self.light * (2.0 * draws[4, :, None, None, None] - 1.0)
        shift = 2.0 * self.light * (2.0 * draws[5, :, None, None, None] - 1.0)

        def cut(values, is_mask):
            method = "nearest" if is_mask else "bilinear"
            beyond = 255.0 if is_mask else 0.0
            values = values[..., None] if is_mask else values
            values = tf.pad(values, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
            found = tf.image.crop_and_resize(
                values, boxes, tf.range(n), self.size, method, extrapolation_value=beyond
            )
            found = tf.ensure_shape(found, [*values.shape[:1], *self.size, values.shape[-1]])
            return tf.cast(found[..., 0], tf.int32) if is_mask else found

        source, target = (cut(*one) for one in zip(batch, self.masks))
        if not self.light:
            return source, target

        def lit(values):
            light, alpha = values[..., :3], values[..., 3:]
            return tf.concat([tf.clip_by_value(light * gain + shift, -1.0, 1.0), alpha], axis=-1)

        return tuple(
            one if is_mask else lit(one) for one, is_mask in zip((source, target), self.masks)
        )

    def _to_centres(self, boxes, extent):
        """Boxes for `crop_and_resize` on pictures with a frame of one pixel: it takes the centres of
        the outermost pixels for the corners, from 0 to 1."""
        import tensorflow as tf

        start, end = boxes[:, :2], boxes[:, 2:]
        half = (end - start) / (2.0 * tf.cast(self.size, tf.float32))
        centres = tf.concat([start + half, end - half], axis=1)
        extent = tf.tile(extent, [2])
        return (centres * extent + 0.5) / (extent + 1.0)

    def get_config(self):
        return {
            "size": self.size,
            "scales": self.scales,
            "mirror": self.mirror,
            "light": self.light,
            "masks": self.masks,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**config)
