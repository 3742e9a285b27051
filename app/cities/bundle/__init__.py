"""The bundled cities: one small file of every country, region and city over 15,000 people.

All of it is GeoNames' data (https://www.geonames.org, CC BY 4.0), taken out of packages on PyPI so that a
build needs a package registry and nothing else. Nothing in here needs Django: `python -m cities.bundle` runs
in a build stage.
"""
