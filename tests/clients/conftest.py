"""A client with a session of the real program; a test says with `tmp_path` what is in the workspace before it begins."""

import pathlib

import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from support import KMODEL


async def begin(lsp_client: LanguageClient, folder: pathlib.Path, pulls: bool):
    capabilities = client_capabilities("visual-studio-code")
    # It has no answers to what a server asks an editor for.
    capabilities.workspace.did_change_watched_files = None
    capabilities.workspace.code_lens = None
    capabilities.workspace.inlay_hint = None
    capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities() if pulls else None
    capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    params = types.InitializeParams(
        capabilities=capabilities,
        workspace_folders=[types.WorkspaceFolder(uri=folder.as_uri(), name="work")],
    )
    lsp_client.server = await lsp_client.initialize_session(params)
    lsp_client.folder = folder


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[KMODEL, "lsp"]))
async def client(lsp_client: LanguageClient, tmp_path: pathlib.Path):
    """It reads the diagnostics that are pushed."""
    await begin(lsp_client, tmp_path, pulls=False)
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[KMODEL, "lsp"]))
async def pulling(lsp_client: LanguageClient, tmp_path: pathlib.Path):
    """It asks for diagnostics itself."""
    await begin(lsp_client, tmp_path, pulls=True)
    yield
    await lsp_client.shutdown_session()
