"""What takes the model: commands, lenses, calls, progress, files beside the model."""

import asyncio

import pytest
from lsprotocol import types
from support import MODEL, File, until

TEMPLATE = """component web {
  file /etc/web.conf { template = "./web.j2", vars = { na$0me = "a" } }
}
"""


def saved(client, text, name="main.km"):
    """A file that is open as it is on disk."""
    (client.folder / name).write_text(text)
    return File(client, text, name)


def changed(client, *names):
    """Tells the server of files that are other than they were."""
    kind = types.FileChangeType.Changed
    changes = [types.FileEvent(uri=(client.folder / name).as_uri(), type=kind) for name in names]
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes=changes))


@pytest.mark.asyncio
async def test_each_lens_can_be_run(client):
    file = saved(client, MODEL + "target lxd { }\n")
    lenses = await client.text_document_code_lens_async(types.CodeLensParams(text_document=file.id))
    said = {}
    for lens in lenses:
        command = lens.command
        said[command.title.split()[-1]] = await client.workspace_execute_command_async(
            types.ExecuteCommandParams(command=command.command, arguments=command.arguments)
        )
    assert "Proved" in said["plan"]
    assert said["machines"].startswith("cp-0  10.10.0.10")
    assert (client.folder / "build" / "main").is_dir(), said["render"]
    assert any(path.is_file() for path in (client.folder / "build" / "main").rglob("*"))


@pytest.mark.asyncio
async def test_a_render_of_a_wrong_model_says_what_is_wrong(client):
    file = saved(client, MODEL + "let x = nothing\n")
    for command in ("kmodel.render", "kmodel.plan"):
        with pytest.raises(Exception, match="unknown-name"):
            await client.workspace_execute_command_async(types.ExecuteCommandParams(command=command, arguments=[file.uri]))
    assert not (client.folder / "build").exists()


@pytest.mark.filterwarnings("ignore:Unknown progress token")
@pytest.mark.asyncio
async def test_a_command_tells_how_far_it_is_by_the_name_it_was_given(client):
    file = saved(client, MODEL)
    await client.workspace_execute_command_async(
        types.ExecuteCommandParams(command="kmodel.plan", arguments=[file.uri], work_done_token="mine")
    )
    kinds = [report.kind for report in await until(lambda: client.progress_reports.get("mine"))]
    assert kinds == ["begin", "end"]


@pytest.mark.asyncio
async def test_a_command_can_be_cancelled(client):
    file = saved(client, MODEL)
    params = types.ExecuteCommandParams(command="kmodel.plan", arguments=[file.uri])
    message_id = "plan-1"
    running = client.protocol.send_request("workspace/executeCommand", params, msg_id=message_id)
    client.cancel_request(types.CancelParams(id=message_id))
    with pytest.raises(BaseException, match="(?i)cancel"):
        await asyncio.wait_for(asyncio.wrap_future(running), 10)
    # The session goes on, and the same command can be run again.
    assert "Proved" in await client.workspace_execute_command_async(params)


@pytest.mark.asyncio
async def test_a_slow_model_is_shown(client):
    File(client, MODEL.replace("10.10.0.0/24", "10.8.0.0/13") + "machines wrk[100000] { }\ndeploy containerd as c2 on wrk\n")
    reports = await until(lambda: [*client.progress_reports.get("kmodel/model", [])], "no progress of a slow model")
    assert reports[0].kind == "begin" and reports[0].message == "evaluating the model"
    await until(lambda: [one for one in client.progress_reports["kmodel/model"] if one.kind == "end"])


@pytest.mark.asyncio
async def test_a_hover_right_after_opening_waits_for_the_value(client):
    file = File(client, "let size = 4GiB + 4GiB\n" + MODEL + "check si$0ze > 1GiB, \"x\"\n")
    hover = await client.text_document_hover_async(types.HoverParams(text_document=file.id, position=file.at))
    # A machine that is busy may miss the time; what is said then is right without the value.
    assert "let size: size" in hover.contents.value
    await file.diagnostics()

    async def value():
        hover = await client.text_document_hover_async(types.HoverParams(text_document=file.id, position=file.at))
        return "Value: `8GiB`" in hover.contents.value

    for _ in range(100):
        if await value():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no value")


@pytest.mark.asyncio
async def test_calls_go_both_ways(client):
    file = File(client, MODEL.replace("deploy kube-apiserver", "deploy kube-api$0server"))
    (item,) = await client.text_document_prepare_call_hierarchy_async(
        types.CallHierarchyPrepareParams(text_document=file.id, position=file.at)
    )
    assert item.name == "kube-apiserver"
    out = await client.call_hierarchy_outgoing_calls_async(types.CallHierarchyOutgoingCallsParams(item=item))
    dialled = [call.to.name for call in out]
    assert "etcd" in dialled and "kubelet" in dialled
    into = await client.call_hierarchy_incoming_calls_async(types.CallHierarchyIncomingCallsParams(item=item))
    callers = [call.from_.name for call in into]
    assert "kube-scheduler" in callers and "etcd" not in callers
    # The way back leads to where it began.
    etcd = next(call.to for call in out if call.to.name == "etcd")
    back = await client.call_hierarchy_incoming_calls_async(types.CallHierarchyIncomingCallsParams(item=etcd))
    assert "kube-apiserver" in [call.from_.name for call in back]
    assert all(call.from_ranges for call in into + back)


@pytest.mark.asyncio
async def test_a_variable_leads_into_its_template_and_back(client):
    (client.folder / "web.j2").write_text("first\nname = {{ name }}\n")
    file = saved(client, TEMPLATE.replace("$0", ""))
    at = types.Position(line=1, character=TEMPLATE.splitlines()[1].index("$0"))
    (goal,) = await client.text_document_definition_async(types.DefinitionParams(text_document=file.id, position=at))
    assert goal.uri.endswith("/web.j2") and goal.range.start == types.Position(line=1, character=10)
    # The template is open too, and was changed there.
    template = File(client, "{{ na$0me }}\n", "web.j2")
    (goal,) = await client.text_document_definition_async(
        types.DefinitionParams(text_document=template.id, position=template.at)
    )
    assert goal.uri == file.uri and goal.range.start == types.Position(line=1, character=at.character - 2)
    (goal,) = await client.text_document_definition_async(types.DefinitionParams(text_document=file.id, position=at))
    assert goal.range.start == types.Position(line=0, character=3), "the open text of the template counts"
    hover = await client.text_document_hover_async(types.HoverParams(text_document=template.id, position=template.at))
    assert hover is None
    await file.diagnostics()
    assert not client.diagnostics.get(template.uri), "a template is no model"


@pytest.mark.asyncio
async def test_a_template_that_changes_on_disk_is_read_again(client):
    (client.folder / "web.j2").write_text("{{ name }}\n")
    file = saved(client, MODEL + TEMPLATE.replace("$0", "") + "deploy web on cp\n")
    await file.diagnostics("no-rotation")
    (client.folder / "web.j2").write_text("{{ other }}\n")
    changed(client, "web.j2")
    await file.diagnostics("template-failed")
    (client.folder / "web.j2").write_text("{{ name }}{# as before #}\n")
    changed(client, "web.j2")
    codes = lambda: [one.code for one in client.diagnostics[file.uri]]
    await until(lambda: "template-failed" not in codes(), "the problem stayed")


@pytest.mark.asyncio
async def test_what_is_locked_is_read_again(client):
    file = saved(client, MODEL)

    async def addresses():
        hints = await client.text_document_inlay_hint_async(
            types.InlayHintParams(text_document=file.id, range=types.Range(start=types.Position(0, 0), end=types.Position(9, 0)))
        )
        return next(hint.label for hint in hints if "10.10.0." in hint.label and " to " in hint.label)

    before = await addresses()
    (client.folder / "kmodel.lock").write_text("this is no lock\n")
    changed(client, "kmodel.lock")
    assert await addresses() == before, "a lock that cannot be read changes nothing"


@pytest.mark.asyncio
async def test_everything_that_is_certain_is_mended_at_once(client):
    file = File(client, "# lab\nmachines cp[1] { arch = arm64, coors = 2 }\n")
    await file.diagnostics()
    kinds = types.CodeActionContext(diagnostics=[], only=[types.CodeActionKind.SourceFixAll])
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=file.id, range=types.Range(start=types.Position(0, 0), end=types.Position(0, 0)), context=kinds
        )
    )
    assert [action.kind for action in actions] == [types.CodeActionKind.SourceFixAll]
    edits = actions[0].edit.document_changes[0].edits
    lines = file.text.splitlines()
    for edit in reversed(edits):
        line = edit.range.start.line
        lines[line] = lines[line][: edit.range.start.character] + edit.new_text + lines[line][edit.range.end.character :]
    file.text = "\n".join(lines) + "\n"
    assert file.text == "// lab\nmachines cp[1] { arch = \"arm64\", coors = 2 }\n", "what may be wrong is left"


@pytest.mark.asyncio
async def test_paths_are_completed_from_the_disk(client):
    (client.folder / "lib").mkdir()
    for name in ("web.j2", "motd.txt", "lib/part.km"):
        (client.folder / name).write_text("")
    changed(client, "lib/part.km")
    for text, wanted in [
        ('component x { file /x { template = "./$0" } }', "web.j2"),
        ('let a = read("./m$0")', "motd.txt"),
        ("use ./l$0", "./lib/part"),
        ("use std/et$0", "std/etcd"),
    ]:
        file = File(client, text, f"at-{wanted.replace('/', '-')}.km")
        found = await client.text_document_completion_async(types.CompletionParams(text_document=file.id, position=file.at))
        item = next(item for item in found.items if item.label == wanted)
        line = text.replace("$0", "")
        edit = item.text_edit.range
        accepted = line[: edit.start.character] + item.text_edit.new_text + line[edit.end.character :]
        assert wanted in accepted and accepted.count("./") <= 1, accepted


@pytest.mark.asyncio
async def test_more_files_than_are_looked_for_are_told_of(client, tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    for number in range(4001):
        (folder / f"m{number}.km").write_text("")
    event = types.WorkspaceFoldersChangeEvent(added=[types.WorkspaceFolder(uri=folder.as_uri(), name="large")], removed=[])
    client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event=event))
    message = await until(lambda: [one for one in client.messages if "or more models" in one.message])
    assert message[0].type == types.MessageType.Warning
