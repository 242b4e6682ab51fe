import contextlib
import errno
import os
import pathlib


class Events:
    """What TensorBoard shows of a run. The file is made when there is something to write.

    Args:
        directory: of the run; events go to its `tensorboard/`.
    """

    def __init__(self, directory):
        self.path = pathlib.Path(directory) / "tensorboard"
        self._writer = None

    @contextlib.contextmanager
    def writing(self):
        """Within it `tf.summary` writes there.

        Raises:
            OSError: naming the folder: a full disk, a read-only one.
        """
        import tensorflow as tf

        try:
            self._writer = self._writer or tf.summary.create_file_writer(str(self.path))
            with self._writer.as_default():
                yield
            self._writer.flush()
        except tf.errors.OpError as error:
            full = isinstance(error, tf.errors.ResourceExhaustedError)
            code = errno.ENOSPC if full else errno.EIO
            raise OSError(code, os.strerror(code), str(self.path)) from error
