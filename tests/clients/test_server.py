"""The language server as a client sees it: pytest-lsp speaks to the real program.

Run by `tests/real/clients.rs`, which says in KMODEL where the program is. Each fixture has the cursor as `$0`.
"""

import asyncio
import pathlib
import re

import pytest
from lsprotocol import types
from support import MODEL, File, whole


@pytest.mark.asyncio
async def test_problems_are_pushed_with_code_page_and_places(client):
    file = File(client, "let a = 1\nlet a = 2\n")
    (one,) = await file.diagnostics()
    assert one.code == "duplicate-name"
    assert one.source == "kmodel"
    assert one.code_description.href.endswith("/errors/duplicate-name.md")
    assert pathlib.Path(re.sub("^file://", "", one.code_description.href)).read_text().startswith("#")
    assert one.related_information[-1].location.range.start.line == 0


@pytest.mark.asyncio
async def test_problems_of_the_model_come_on_top(client):
    file = File(client, MODEL.replace("cp[3]", "cp[2]"))
    found = [one for one in await file.diagnostics("even-quorum") if one.code == "even-quorum"]
    assert found[0].severity == types.DiagnosticSeverity.Error
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(text_document=file.id, range=found[0].range, context=types.CodeActionContext(diagnostics=[]))
    )
    assert "allow `even-quorum`, with a reason" in [action.title for action in actions]


@pytest.mark.asyncio
async def test_a_change_in_an_imported_file_reaches_its_importer(client):
    part = File(client, "let a = 1\n", "part.km")
    main = File(client, "use ./part\nlet b: int = a\n")
    assert not await main.diagnostics()
    client.diagnostics.pop(main.uri)
    part.change('let a = "text"\n')
    found = await main.diagnostics("type-mismatch")
    assert found[0].range.start.line == 1
    client.diagnostics.pop(main.uri)
    part.change("let a = 2\n")
    assert not await main.diagnostics()


@pytest.mark.asyncio
async def test_a_file_that_appears_on_disk_is_found(client):
    main = File(client, "use ./later\nlet b = a\n")
    assert (await main.diagnostics())[0].code == "file-not-found"
    client.diagnostics.pop(main.uri)
    later = client.folder / "later.km"
    later.write_text("let a = 1\n")
    client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(changes=[types.FileEvent(uri=later.as_uri(), type=types.FileChangeType.Created)])
    )
    assert not await main.diagnostics()
    client.diagnostics.pop(main.uri)
    later.unlink()
    client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(changes=[types.FileEvent(uri=later.as_uri(), type=types.FileChangeType.Deleted)])
    )
    assert (await main.diagnostics())[0].code == "file-not-found"


@pytest.mark.asyncio
async def test_hover_says_type_docs_and_value(client):
    file = File(client, MODEL.replace("snapshot-every", "snap$0shot-every"))
    for _ in range(100):
        hover = await client.text_document_hover_async(types.HoverParams(text_document=file.id, position=file.at))
        if "Value:" in hover.contents.value:
            break
        await asyncio.sleep(0.05)
    assert "option snapshot-every: duration? = none" in hover.contents.value
    assert "Value: `6h` in `etcd`, set here" in hover.contents.value


@pytest.mark.asyncio
async def test_definition_leads_into_a_readable_copy_of_the_library(client):
    file = File(client, MODEL.replace("deploy etcd", "deploy et$0cd"))
    (goal,) = await client.text_document_definition_async(types.DefinitionParams(text_document=file.id, position=file.at))
    path = pathlib.Path(re.sub("^file://", "", goal.target_uri))
    line = path.read_text().splitlines()[goal.target_selection_range.start.line]
    assert line.startswith("component etcd")
    assert path.stat().st_mode & 0o222 == 0
    # The copy is a file like any other: hover works in it.
    copy = types.TextDocumentIdentifier(uri=goal.target_uri)
    hover = await client.text_document_hover_async(types.HoverParams(text_document=copy, position=goal.target_selection_range.start))
    assert "component etcd" in hover.contents.value


@pytest.mark.asyncio
async def test_type_definition_of_an_endpoint_is_its_interface(client):
    file = File(client, MODEL + "relate kube-apiserver.store -> etcd.cli$0ent\n")
    (goal,) = await client.text_document_type_definition_async(
        types.TypeDefinitionParams(text_document=file.id, position=file.at)
    )
    assert goal.target_uri.endswith("/std/interfaces.km")


@pytest.mark.asyncio
async def test_references_and_highlights(client):
    file = File(client, "let a$0 = 1\nlet b = a + a\n")
    found = await client.text_document_references_async(
        types.ReferenceParams(text_document=file.id, position=file.at, context=types.ReferenceContext(include_declaration=True))
    )
    assert len(found) == 3
    found = await client.text_document_document_highlight_async(
        types.DocumentHighlightParams(text_document=file.id, position=file.at)
    )
    assert [one.kind for one in found] == [types.DocumentHighlightKind.Write] + [types.DocumentHighlightKind.Read] * 2


@pytest.mark.asyncio
async def test_rename_across_files_and_what_is_refused(client):
    File(client, "use ./part\nlet b = a\n")
    part = File(client, "let a$0 = 1\n", "part.km")
    ready = await client.text_document_prepare_rename_async(types.PrepareRenameParams(text_document=part.id, position=part.at))
    assert ready.placeholder == "a"
    edit = await client.text_document_rename_async(types.RenameParams(text_document=part.id, position=part.at, new_name="first"))
    assert sorted(change.text_document.uri.rsplit("/", 1)[-1] for change in edit.document_changes) == ["main.km", "part.km"]
    with pytest.raises(Exception, match="declared twice"):
        await client.text_document_rename_async(types.RenameParams(text_document=part.id, position=part.at, new_name="b"))


@pytest.mark.asyncio
async def test_completion_fits_and_resolves(client):
    file = File(client, 'machines cp[1] { arch = $0 }\n')
    found = await client.text_document_completion_async(types.CompletionParams(text_document=file.id, position=file.at))
    first = sorted(found.items, key=lambda item: item.sort_text)[:2]
    assert [item.label for item in first] == ['"amd64"', '"arm64"']
    file.change("mach")
    found = await client.text_document_completion_async(
        types.CompletionParams(text_document=file.id, position=types.Position(line=0, character=4))
    )
    item = next(item for item in found.items if item.label == "machines")
    assert item.insert_text_format == types.InsertTextFormat.Snippet
    resolved = await client.completion_item_resolve_async(item)
    assert "A group of identical machines" in resolved.documentation.value


@pytest.mark.asyncio
async def test_a_completion_brings_its_import(client):
    file = File(client, "use std/etcd\ndeploy hap$0\n")
    found = await client.text_document_completion_async(types.CompletionParams(text_document=file.id, position=file.at))
    item = next(item for item in found.items if item.label == "haproxy")
    assert item.additional_text_edits[0].new_text == "\nuse std/haproxy { haproxy }"


@pytest.mark.asyncio
async def test_hints_lenses_and_calls_wait_for_the_model(client):
    file = File(client, MODEL.replace("deploy etcd", "deploy et$0cd"))
    hints = await client.text_document_inlay_hint_async(types.InlayHintParams(text_document=file.id, range=whole(file)))
    labels = [hint.label for hint in hints]
    assert any("10.10.0.10 to 10.10.0.12" in label for label in labels), labels
    assert any("store → etcd.client" in label for label in labels), labels
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(text_document=file.id))
    titles = [lens.command.title for lens in lenses]
    assert titles[:2] == ["plan", "render"] and titles[2].endswith("units on 3 machines")
    (item,) = await client.text_document_prepare_call_hierarchy_async(
        types.CallHierarchyPrepareParams(text_document=file.id, position=file.at)
    )
    calls = await client.call_hierarchy_incoming_calls_async(types.CallHierarchyIncomingCallsParams(item=item))
    assert [call.from_.name for call in calls] == ["etcd", "kube-apiserver"]
    calls = await client.call_hierarchy_outgoing_calls_async(types.CallHierarchyOutgoingCallsParams(item=calls[1].from_))
    assert "etcd" in [call.to.name for call in calls]


@pytest.mark.asyncio
async def test_commands_plan_and_units(client):
    path = client.folder / "main.km"
    path.write_text(MODEL)
    file = File(client, MODEL)
    plan = await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command="kmodel.plan", arguments=[file.uri])
    )
    assert "Proved" in plan
    units = await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command="kmodel.units", arguments=[file.uri, "cp"])
    )
    assert units.splitlines()[0].startswith("cp-0  10.10.0.10  etcd-0")
    file.change(MODEL + "\n")
    with pytest.raises(Exception, match="save the model first"):
        await client.workspace_execute_command_async(types.ExecuteCommandParams(command="kmodel.plan", arguments=[file.uri]))


@pytest.mark.asyncio
async def test_structure(client):
    file = File(client, "// a\n// b\nuse std/etcd\nmachines cp[1] {\n  cores = 1\n}\ncomponent web {\n  option port: port = 80/tcp\n}\n")
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(text_document=file.id))
    assert [symbol.name for symbol in symbols] == ["use std/etcd", "cp", "web"]
    assert [symbol.name for symbol in symbols[2].children] == ["port"]
    symbols = await client.workspace_symbol_async(types.WorkspaceSymbolParams(query="web"))
    assert [symbol.name for symbol in symbols] == ["web"]
    folds = await client.text_document_folding_range_async(types.FoldingRangeParams(text_document=file.id))
    assert [(fold.start_line, fold.end_line) for fold in folds] == [(0, 1), (3, 4), (6, 7)]
    (selection,) = await client.text_document_selection_range_async(
        types.SelectionRangeParams(text_document=file.id, positions=[types.Position(line=4, character=3)])
    )
    assert selection.range.start.character == 2 and selection.parent is not None
    links = await client.text_document_document_link_async(types.DocumentLinkParams(text_document=file.id))
    assert links[0].target.endswith("/std/etcd/etcd.km")


@pytest.mark.asyncio
async def test_colours_full_delta_and_range(client):
    file = File(client, "let a = 1\nlet b = a\n")
    full = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(text_document=file.id))
    assert len(full.data) % 5 == 0 and full.data
    file.change("let a = 1\nlet bb = a\n")
    delta = await client.text_document_semantic_tokens_full_delta_async(
        types.SemanticTokensDeltaParams(text_document=file.id, previous_result_id=full.result_id)
    )
    data = list(full.data)
    for edit in delta.edits:
        data[edit.start : edit.start + edit.delete_count] = edit.data
    fresh = await client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(text_document=file.id))
    assert data == list(fresh.data)
    part = await client.text_document_semantic_tokens_range_async(
        types.SemanticTokensRangeParams(
            text_document=file.id,
            range=types.Range(start=types.Position(line=1, character=0), end=types.Position(line=1, character=9)),
        )
    )
    assert 0 < len(part.data) < len(fresh.data)


@pytest.mark.asyncio
async def test_form_of_all_some_and_while_typing(client):
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    file = File(client, "let a=1\nmachines cp[1]{cores=1}\n")
    edits = await client.text_document_formatting_async(types.DocumentFormattingParams(text_document=file.id, options=options))
    assert "".join(edit.new_text for edit in edits) == "let a = 1\nmachines cp[1] { cores = 1 }\n"
    edits = await client.text_document_range_formatting_async(
        types.DocumentRangeFormattingParams(text_document=file.id, options=options, range=whole(file))
    )
    assert edits
    edits = await client.text_document_on_type_formatting_async(
        types.DocumentOnTypeFormattingParams(
            text_document=file.id, options=options, position=types.Position(line=1, character=23), ch="}"
        )
    )
    assert [edit.new_text for edit in edits] == ["machines cp[1] { cores = 1 }"]


@pytest.mark.asyncio
async def test_signatures(client):
    file = File(client, 'let a = join(["a"], $0')
    found = await client.text_document_signature_help_async(types.SignatureHelpParams(text_document=file.id, position=file.at))
    assert found.signatures[0].label == "join(list: list<S>, sep: string) -> string"
    assert found.active_parameter == 1


@pytest.mark.asyncio
async def test_fixes_are_actions(client):
    file = File(client, "machines cp[1] { }\ncheck cq.count > 0, \"x\"\n")
    found = await file.diagnostics()
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(text_document=file.id, range=found[0].range, context=types.CodeActionContext(diagnostics=found))
    )
    action = next(action for action in actions if action.title == "write `cp`")
    assert action.edit.document_changes[0].edits[0].new_text == "cp"


@pytest.mark.asyncio
async def test_imports_follow_a_file_that_is_renamed(client):
    (client.folder / "part.km").write_text("let a = 1\n")
    main = File(client, "use ./part\nlet b = a\n")
    await main.diagnostics()
    part = (client.folder / "part.km").as_uri()
    there = (client.folder / "lib" / "other.km").as_uri()
    # The server has not seen the file yet, since it was made after the session began.
    client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(changes=[types.FileEvent(uri=part, type=types.FileChangeType.Created)])
    )
    rename = types.RenameFilesParams(files=[types.FileRename(old_uri=part, new_uri=there)])
    edit = await client.workspace_will_rename_files_async(rename)
    assert edit.document_changes[0].edits[0].new_text == "./lib/other"


@pytest.mark.asyncio
async def test_an_untitled_file_is_a_file(client):
    uri = "untitled:Untitled-1"
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            text_document=types.TextDocumentItem(uri=uri, language_id="kmodel", version=1, text="let a = nothing\n")
        )
    )
    for _ in range(100):
        if uri in client.diagnostics:
            break
        await asyncio.sleep(0.05)
    assert client.diagnostics[uri][0].code == "unknown-name"
