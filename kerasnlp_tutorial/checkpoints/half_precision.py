"""Weights files in half precision."""

from pathlib import Path

import h5py


def halve_matrices(path: Path) -> None:
    """Convert the matrices of a weights file to float16, in place.

    Vectors stay float32: they are small, and half of the error would come from those
    of the layer normalizations.

    Args:
        path: weights file in HDF5 format.
    """
    whole = path.with_suffix(".whole")
    path.rename(whole)
    # Replacing a dataset inside an HDF5 file does not free its space.
    with h5py.File(whole) as source, h5py.File(path, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                copied = target.require_group(name)
            elif item.ndim > 1:
                copied = target.create_dataset(name, data=item[()].astype("float16"))
            else:
                copied = target.create_dataset(name, data=item[()])
            copied.attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    whole.unlink()
