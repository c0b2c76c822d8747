"""What imports may not do inside the platform, where no contract of import-linter can say it."""

import grimp

PLATFORM = "system"


def cycles(graph: grimp.ImportGraph) -> list[list[str]]:
    """Return the files that import one another, in groups. Imports for type checkers count."""
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # What imports nothing that is left is in no cycle, and neither is what nothing imports that is left.
    left = set(imported)
    while True:
        open_ends = {module for module in left if not imported[module] & left}
        open_ends |= left - {target for module in left for target in imported[module]}
        if not open_ends:
            return [sorted(left)] if left else []
        left -= open_ends


def test_no_files_of_the_platform_import_one_another() -> None:
    graph = grimp.build_graph(PLATFORM)
    assert len(graph.modules) > 200
    assert cycles(graph) == []


def test_a_cycle_is_found() -> None:
    graph = grimp.ImportGraph()
    for importer, imported in (("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")):
        graph.add_module(importer)
        graph.add_module(imported)
        graph.add_import(importer=importer, imported=imported)
    assert cycles(graph) == [["b", "c"]]
