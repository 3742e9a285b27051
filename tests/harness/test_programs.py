"""The catalogue, the Go modules, and programs that are built from them."""

import hashlib

import pytest

from dev import catalogue, catalogue_images, go_modules, host, programs, settings
from dev.errors import HostError, ImageError
from dev.tools import golang


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A go.mod of its own with one program and no dependencies."""
    folder = tmp_path / "modules" / "tiny"
    (folder / "hello").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.test/tiny\n\ngo 1.24\n\ntool example.test/tiny/hello\n")
    source = 'package main\n\nvar word = "nothing"\n\nfunc main() { println(word) }\n'
    (folder / "hello" / "main.go").write_text(source)
    monkeypatch.setattr(go_modules, "FOLDER", folder.parent)
    go_modules.load.cache_clear()
    options = catalogue.Build(tags=[], stamps=["main.word=stamped"])
    monkeypatch.setitem(catalogue.load().go, "tiny", options)
    yield folder
    go_modules.load.cache_clear()


@pytest.fixture
def real_cache(tmp_path):
    """A cache of the test's own that has the user's Go and what it has compiled."""
    cache, users = tmp_path / "cache", settings.load().cache_dir
    cache.mkdir()
    golang.toolchain(users)
    for name in ("go", "go-build"):
        (users / name).mkdir(exist_ok=True)
        (cache / name).symlink_to(users / name)
    return cache


@pytest.mark.parametrize(("gigabytes", "cores", "generous"), [(20, 2, True), (7, 2, False), (20, 8, False)])
def test_compilers_that_collect_no_garbage_find_room_for_it(
    tmp_path, monkeypatch, gigabytes, cores, generous
):
    monkeypatch.setattr(host, "memory_available", lambda: gigabytes << 30)
    monkeypatch.setattr(programs.os, "cpu_count", lambda: cores)
    told = programs.environment(tmp_path, "linux")
    assert (told.get("GOGC") == "off") is generous
    assert 2 * cores * int(told.get("GOMEMLIMIT", 0)) <= gigabytes << 30


def test_every_go_mod_has_its_flags_in_the_catalogue_and_the_other_way_round():
    assert {module.name for module in go_modules.load_all()} == set(catalogue.load().go)


def test_the_programs_of_the_catalogue_are_built_by_the_go_mod_that_it_names():
    for tool in catalogue.load().tools.values():
        assert tool.package in go_modules.load(tool.module).programs.values()


def test_every_stamp_names_modules_that_take_part():
    for name, options in catalogue.load().go.items():
        for stamp in options.stamps:
            assert "{" not in go_modules.load(name).fill(stamp)


def test_all_kubernetes_libraries_are_of_the_version_of_kubernetes():
    versions = go_modules.load("kubernetes").versions
    minor_and_patch = versions["k8s.io/kubernetes"].removeprefix("v1.")
    replaced = go_modules._lines((go_modules.FOLDER / "kubernetes" / "go.mod").read_text(), "replace")
    assert len(replaced) > 30
    assert {line.split()[-1] for line in replaced} == {f"v0.{minor_and_patch}"}


@pytest.mark.parametrize("name", ["helmfile", "keda", "platform", "storage"])
def test_other_modules_compile_against_the_same_kubernetes_libraries(name):
    other, kubernetes = go_modules.load(name).versions, go_modules.load("kubernetes").versions
    for library in ("k8s.io/api", "k8s.io/apimachinery", "k8s.io/client-go"):
        assert other[library] == kubernetes[library]


def test_a_program_is_called_by_the_last_part_of_its_path_that_is_no_version():
    assert go_modules.program_name("go.etcd.io/etcd/server/v3") == "server"
    assert go_modules.program_name("sigs.k8s.io/kind") == "kind"


def test_a_built_program_carries_its_stamp_and_is_not_built_twice(tiny, tmp_path, monkeypatch, real_cache):
    cache = real_cache
    path = programs.ensure("tiny", cache=cache)["hello"]
    assert programs.process.run([str(path)]).stderr == "stamped\n"

    monkeypatch.setattr(programs, "_build", lambda *_: pytest.fail("built twice"))
    assert programs.ensure("tiny", ["hello"], cache=cache)["hello"] == path


def test_a_damaged_program_is_named_with_both_checksums_and_built_anew(tiny, real_cache, monkeypatch):
    said = []
    monkeypatch.setattr(programs.console.err, "print", lambda text, **_: said.append(text))
    path = programs.ensure("tiny", cache=real_cache)["hello"]
    good = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes()[:-100])
    bad = hashlib.sha256(path.read_bytes()).hexdigest()

    assert programs.ensure("tiny", cache=real_cache)["hello"] == path

    assert len(said) == 1
    assert good in said[0]
    assert bad in said[0]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == good


def test_a_changed_source_is_another_program(tiny):
    before = programs.key(go_modules.load("tiny"))
    (tiny / "hello" / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert programs.key(go_modules.load("tiny")) != before


def test_a_source_that_does_not_compile_is_an_error_with_the_compilers_words(tiny, real_cache):
    (tiny / "hello" / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n")
    with pytest.raises(ImageError) as caught:
        programs.ensure("tiny", cache=real_cache)
    assert "undefined: nonsense" in caught.value.details


def test_without_room_nothing_is_begun(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(host, "disk_free", lambda _: 10**9)
    with pytest.raises(HostError, match="needs 6 GiB"):
        programs.ensure("tiny", cache=tmp_path)


def test_one_damaged_program_wants_no_room_for_all_that_was_compiled(tiny, real_cache, monkeypatch):
    path = programs.ensure("tiny", cache=real_cache)["hello"]
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    monkeypatch.setattr(host, "disk_free", lambda _: 2 * 1024**3)
    assert programs.ensure("tiny", cache=real_cache)["hello"].read_bytes() == whole


def test_a_disk_that_fills_up_while_go_compiles_is_named(tiny, tmp_path, monkeypatch):
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho 'write /cache/x.a: no space left on device' >&2; exit 1\n")
    go.chmod(0o755)
    monkeypatch.setattr(golang, "toolchain", lambda _: go)
    cache = tmp_path / "cache"
    with pytest.raises(ImageError) as caught:
        programs.ensure("tiny", cache=cache)
    assert "the disk is full" in caught.value.remedy
    assert f"GiB free for {cache}" in caught.value.remedy
    assert "WITW_CACHE_DIR" in caught.value.remedy


def test_an_image_is_built_anew_when_a_file_of_it_changes(tmp_path, monkeypatch):
    before = catalogue_images.content("registry")
    copy = tmp_path / "registry"
    copy.mkdir()
    for file in (catalogue_images.FOLDER / "registry").iterdir():
        (copy / file.name).write_text(file.read_text() + "\n# changed\n")
    monkeypatch.setattr(catalogue_images, "FOLDER", tmp_path)
    assert catalogue_images.content("registry") != before
