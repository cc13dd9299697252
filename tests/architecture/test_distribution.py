"""Our packages have plain names, so nothing else that is installed may claim one of them."""

from importlib.metadata import packages_distributions

import pytest


@pytest.mark.parametrize("package", ["domain", "projections", "adapters", "api"])
def test_no_other_distribution_installs_a_package_of_this_name(package: str) -> None:
    owners = set(packages_distributions().get(package, []))
    assert owners <= {"fundtrail"}, f"{package} is also installed by {owners - {'fundtrail'}}: uninstall it"
