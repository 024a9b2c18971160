"""What every test here may ask for: a broker of its own, or one that the tests of a file share because they change nothing."""

import pytest
from world import Broker


@pytest.fixture
def broker():
    with Broker() as one:
        yield one


@pytest.fixture(scope="module")
def shared():
    with Broker() as one:
        yield one
