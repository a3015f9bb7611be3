"""Diagnostics that are asked for: of a file, of the workspace, and those that are as they were."""

import pytest
from lsprotocol import types
from support import MODEL, File, until


async def pull(client, file, before=None):
    return await client.text_document_diagnostic_async(
        types.DocumentDiagnosticParams(text_document=file.id, previous_result_id=before)
    )


@pytest.mark.asyncio
async def test_of_a_file(pulling):
    assert pulling.server.capabilities.diagnostic_provider.inter_file_dependencies
    file = File(pulling, "let a = nothing\n")
    first = await pull(pulling, file)
    assert [one.code for one in first.items] == ["unknown-name"]
    same = await pull(pulling, file, first.result_id)
    assert (same.kind, same.result_id) == ("unchanged", first.result_id)
    file.change("let a = nothings\n")
    other = await pull(pulling, file, first.result_id)
    assert other.kind == "full" and other.result_id != first.result_id
    file.change("let a = 1\n")
    assert not (await pull(pulling, file, other.result_id)).items
    assert file.uri not in pulling.diagnostics, "nothing is pushed to who asks"


@pytest.mark.asyncio
async def test_of_an_importer_after_a_change_in_the_imported(pulling):
    part = File(pulling, "let a = 1\n", "part.km")
    main = File(pulling, "use ./part\nlet b: int = a\n")
    first = await pull(pulling, main)
    assert not first.items
    part.change('let a = "text"\n')
    again = await pull(pulling, main, first.result_id)
    assert [one.code for one in again.items] == ["type-mismatch"]


@pytest.mark.asyncio
async def test_of_the_model_once_it_is_evaluated(pulling):
    file = File(pulling, MODEL.replace("cp[3]", "cp[2]"))
    await until(lambda: pulling.diagnostic_refresh_count, "nobody says that there is more")
    assert "even-quorum" in [one.code for one in (await pull(pulling, file)).items]


@pytest.mark.asyncio
async def test_of_the_workspace(pulling):
    (pulling.folder / "closed.km").write_text("let a = nothing\n")
    created = types.FileEvent(uri=(pulling.folder / "closed.km").as_uri(), type=types.FileChangeType.Created)
    pulling.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes=[created]))
    file = File(pulling, "let a = 1\n")

    async def ask(before):
        found = await pulling.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(previous_result_ids=before))
        return {one.uri.rsplit("/", 1)[-1]: one for one in found.items}

    first = await ask([])
    assert [one.code for one in first["closed.km"].items] == ["unknown-name"]
    assert not first["main.km"].items and first["main.km"].version == 1
    known = [types.PreviousResultId(uri=one.uri, value=one.result_id) for one in first.values()]
    assert {one.kind for one in (await ask(known)).values()} == {"unchanged"}
    file.change("let a = 1 +\n")
    again = await ask(known)
    assert (again["main.km"].kind, again["closed.km"].kind) == ("full", "unchanged")
