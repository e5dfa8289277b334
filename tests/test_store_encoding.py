"""The file of a result: what xarray would write, made faster, and the same bytes every time."""

import inspect
import io

import h5py
import numpy as np
import pytest
import store_cases as cases
import xarray as xr

from ired_interp_core import registry
from store import encoding, records, shards

NAMES = ("problem_properties", "descent", "hessian_spectrum", "landscape_slice")
REFERENCES = {"DIMENSION_LIST", "REFERENCE_LIST"}


def twin(analysis, question, dataset):
    """The file by xarray alone, as it was written at first."""
    said = {}
    for name, array in dataset.variables.items():
        if array.dtype.kind in "US":
            said[name] = {"dtype": "S1"}
            continue
        said[name] = {"_FillValue": None}
        if name in dataset.data_vars and array.ndim and array.size:
            shape = encoding.chunks(
                array.dims, dataset.sizes, array.dtype.itemsize, analysis.schema.dims
            )
            said[name] |= {"zlib": True, "complevel": 4, "shuffle": True, "fletcher32": True}
            said[name]["chunksizes"] = shape
    bare = dataset.copy(deep=False).drop_encoding()
    bare.attrs = encoding.attributes(analysis, question)
    return bytes(bare.to_netcdf(engine="h5netcdf", encoding=said))


def described(image):
    """Everything that a reader of HDF5 finds, but for references, which are addresses."""
    found = {}
    with h5py.File(io.BytesIO(image)) as file:
        attributes = {n: repr(v) for n, v in file.attrs.items()}
        for name, array in file.items():
            filters = (array.chunks, array.compression, array.compression_opts, array.shuffle)
            beside = {n: repr(v) for n, v in array.attrs.items() if n not in REFERENCES}
            dims = [[scale.name for scale in dim.values()] for dim in array.dims]
            attached = sorted(set(array.attrs) & REFERENCES)
            form = (array.dtype, array.shape, array.maxshape, filters, array.fletcher32)
            found[name] = (form, beside, dims, attached, array[()].tobytes())
    return attributes, found


def conformed(name, first=7, count=1):
    asked = cases.question(name)
    answer, _ = shards.conformed(asked, first, cases.answer(asked, first, count))
    return records.declared(asked), asked, answer


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [1, 3])
def test_a_file_holds_what_xarray_would_write(name, count):
    about = conformed(name, count=count)
    image, slow = encoding.encode(*about), twin(*about)
    assert described(image) == described(slow)
    with xr.open_dataset(io.BytesIO(image)) as ours, xr.open_dataset(io.BytesIO(slow)) as theirs:
        xr.testing.assert_identical(ours.load(), theirs.load())


def test_bytes_follow_from_the_result_alone(monkeypatch):
    first, other = conformed("descent"), conformed("descent", first=9)
    image = encoding.encode(*first)
    assert encoding.encode(*other) != image
    assert encoding.encode(*first) == image
    monkeypatch.setattr(encoding, "_empty", inspect.unwrap(encoding._empty))  # keeps nothing
    assert encoding.encode(*first) == image


def test_words_of_other_lengths_and_other_attributes_are_other_files():
    analysis, asked, answer = conformed("hessian_spectrum")
    words = [f"ŷ{i}" * (i + 1) for i in range(answer.sizes["place"])]
    other = answer.assign_coords(place=("place", np.array(words), {"help": "another"}))
    image = encoding.encode(analysis, asked, other)
    assert described(image) == described(twin(analysis, asked, other))
    with xr.open_dataset(io.BytesIO(image)) as read:
        assert read["place"].values.tolist() == words
        assert read["place"].attrs["help"] == "another"
    assert registry.get("hessian_spectrum").schema.dims["place"].help != "another"
