import keras


@keras.saving.register_keras_serializable(package="gankit")
class AuxiliaryClassifier(keras.layers.Layer):
    """AC-GAN's discriminator head: one logit for real or fake, and one for every class.

    Odena et al. (2017), https://arxiv.org/abs/1610.09585. Trained with
    `losses.AuxiliaryClassification` beside an adversarial loss.

    Args:
        classes: number of classes, at least 2.

    Call arguments:
        inputs: (batch, channels) features.

    Returns:
        `{"logits": (batch, 1), "classes": (batch, classes)}`.

    Example:

    ```python
    import keras

    import gankit

    outputs = gankit.layers.AuxiliaryClassifier(classes=10)(keras.random.normal((4, 64)))
    outputs["logits"].shape, outputs["classes"].shape  # (4, 1), (4, 10)
    ```
    """

    def __init__(self, classes, **kwargs):
        super().__init__(**kwargs)
        if classes < 2:
            raise ValueError(f"`classes` must be at least 2. Received: classes={classes}")
        self.classes = classes
        self.real_or_fake = keras.layers.Dense(1, name="real_or_fake", dtype=self.dtype_policy)
        self.which_class = keras.layers.Dense(classes, name="which_class", dtype=self.dtype_policy)

    def build(self, input_shape):
        self.real_or_fake.build(input_shape)
        self.which_class.build(input_shape)

    def call(self, inputs):
        return {"logits": self.real_or_fake(inputs), "classes": self.which_class(inputs)}

    def compute_output_shape(self, input_shape):
        return {"logits": (input_shape[0], 1), "classes": (input_shape[0], self.classes)}

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
