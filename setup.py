"""The packages of the distribution: those of `reimagine`, and `pipelines/` and `assets/` as folders of one of them."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["reimagine*"]), "reimagine.bundle.pipelines", "reimagine.bundle.assets"],
    package_dir={"reimagine.bundle.pipelines": "pipelines", "reimagine.bundle.assets": "assets"},
)
