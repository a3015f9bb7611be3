"""A client with a session of the real program; a test says with `tmp_path` what is in the workspace before it begins."""

import pathlib

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from support import KMODEL


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[KMODEL, "lsp"]))
async def client(lsp_client: LanguageClient, tmp_path: pathlib.Path):
    capabilities = client_capabilities("visual-studio-code")
    # This client reads what is pushed.
    capabilities.text_document.diagnostic = None
    # It has no answers to what a server asks an editor for.
    capabilities.workspace.did_change_watched_files = None
    capabilities.workspace.code_lens = None
    capabilities.workspace.inlay_hint = None
    params = types.InitializeParams(
        capabilities=capabilities,
        workspace_folders=[types.WorkspaceFolder(uri=tmp_path.as_uri(), name="work")],
    )
    await lsp_client.initialize_session(params)
    lsp_client.folder = tmp_path
    yield
    await lsp_client.shutdown_session()
