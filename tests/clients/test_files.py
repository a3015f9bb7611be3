"""Files that are closed, saved, renamed and deleted, and folders that come and go."""

import pytest
from lsprotocol import types
from support import File, until


async def codes(client, file):
    """The codes of the next diagnostics."""
    found = await until(lambda: [client.diagnostics[file.uri]] if file.uri in client.diagnostics else None)
    client.diagnostics.pop(file.uri)
    return [one.code for one in found[0]]


@pytest.mark.asyncio
async def test_what_is_closed_counts_as_it_is_on_disk(client):
    (client.folder / "part.km").write_text("let a = 1\n")
    part = File(client, 'let a = "text"\n', "part.km")
    main = File(client, "use ./part\nlet b: int = a\n")
    assert await codes(client, main) == ["type-mismatch"]
    client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=part.id))
    assert await codes(client, main) == []


@pytest.mark.asyncio
async def test_what_is_closed_and_not_on_disk_is_gone(client):
    part = File(client, "let a = 1\n", "part.km")
    main = File(client, "use ./part\nlet b: int = a\n")
    assert await codes(client, main) == []
    client.text_document_did_close(types.DidCloseTextDocumentParams(text_document=part.id))
    assert "file-not-found" in await codes(client, main)


@pytest.mark.asyncio
async def test_what_is_saved_is_looked_at_again(client):
    file = File(client, "let a = nothing\n")
    assert await codes(client, file) == ["unknown-name"]
    file.path.write_text(file.text)
    client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=file.id))
    assert await codes(client, file) == ["unknown-name"]


@pytest.mark.asyncio
async def test_a_folder_that_is_renamed_and_then_deleted(client):
    (client.folder / "lib").mkdir()
    (client.folder / "lib" / "part.km").write_text("let a = 1\n")
    event = types.FileEvent(uri=(client.folder / "lib" / "part.km").as_uri(), type=types.FileChangeType.Created)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes=[event]))
    main = File(client, "use ./lib/part\nlet b = a\n")
    assert await codes(client, main) == []
    old, new = (client.folder / "lib").as_uri(), (client.folder / "parts").as_uri()
    rename = types.RenameFilesParams(files=[types.FileRename(old_uri=old, new_uri=new)])
    edit = await client.workspace_will_rename_files_async(rename)
    assert [one.new_text for one in edit.document_changes[0].edits] == ["./parts/part"]
    (client.folder / "lib").rename(client.folder / "parts")
    client.workspace_did_rename_files(rename)
    assert "file-not-found" in await codes(client, main)
    main.change("use ./parts/part\nlet b = a\n")
    assert await codes(client, main) == []
    (client.folder / "parts" / "part.km").unlink()
    client.workspace_did_delete_files(types.DeleteFilesParams(files=[types.FileDelete(uri=new)]))
    assert "file-not-found" in await codes(client, main)


@pytest.mark.asyncio
async def test_names_of_a_folder_go_with_it(client, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    (folder / "x.km").write_text("let of-other = 1\n")
    there = types.WorkspaceFolder(uri=folder.as_uri(), name="other")

    async def found(added, removed):
        event = types.WorkspaceFoldersChangeEvent(added=added, removed=removed)
        client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event=event))
        return [one.name for one in await client.workspace_symbol_async(types.WorkspaceSymbolParams(query="of-other"))]

    assert await found([there], []) == ["of-other"]
    assert await found([], [there]) == []
