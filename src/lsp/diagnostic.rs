//! Diagnostics for the editor: pushed on changes, or pulled.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult, FullDocumentDiagnosticReport,
    NumberOrString, PublishDiagnosticsParams, RelatedFullDocumentDiagnosticReport,
    RelatedUnchangedDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport, WorkspaceDiagnosticParams,
    WorkspaceDiagnosticReport, WorkspaceDiagnosticReportResult, WorkspaceDocumentDiagnosticReport,
    WorkspaceFullDocumentDiagnosticReport, WorkspaceUnchangedDocumentDiagnosticReport,
};
use sha2::{Digest, Sha256};

use super::feature::template::is_template;
use super::server::{Answer, Server};
use super::{standard, uri};
use crate::check::{Analysis, ModulePlace};
use crate::diag::{self, Code, Severity};
use crate::ide::definition::module_of;

/// A problem and the program it was found in.
pub(super) struct OwnedProblem {
    pub analysis: Arc<Analysis>,
    pub problem: diag::Diagnostic,
}

impl Server {
    /// Every problem whose first place is in a file, from each model that the file is part of.
    pub(super) fn problems(&mut self, place: &ModulePlace) -> Vec<OwnedProblem> {
        let mut list: Vec<OwnedProblem> = Vec::new();
        for root in self.project.roots(place) {
            let analysis = self.project.analysis(&self.world, &root);
            let facts = self.current_facts(&root, &analysis);
            let more = facts.iter().flat_map(|facts| &facts.problems);
            for problem in analysis.diagnostics.iter().chain(more) {
                let is_here = problem
                    .labels
                    .first()
                    .and_then(|label| module_of(&analysis, label.span))
                    .is_some_and(|module| module.place == *place);
                if is_here && !list.iter().any(|known| known.problem == *problem) {
                    list.push(OwnedProblem { analysis: analysis.clone(), problem: problem.clone() });
                }
            }
        }
        list
    }

    /// The problems of a file as the editor shows them.
    pub(super) fn diagnostics(&mut self, place: &ModulePlace) -> Vec<Diagnostic> {
        let problems = self.problems(place);
        problems.iter().map(|found| self.diagnostic(found)).collect()
    }

    /// A problem as the editor shows it.
    pub(super) fn diagnostic(&mut self, found: &OwnedProblem) -> Diagnostic {
        let OwnedProblem { analysis, problem } = found;
        let first = problem.labels.first();
        let message = match &problem.help {
            Some(help) => format!("{}\n{help}", problem.message),
            None => problem.message.clone(),
        };
        let tags = match problem.code {
            Code::FlagDeprecated => Some(vec![DiagnosticTag::DEPRECATED]),
            Code::UnusedAllow => Some(vec![DiagnosticTag::UNNECESSARY]),
            _ => None,
        };
        Diagnostic {
            range: first.map_or_else(Default::default, |label| self.range(analysis, label.span)),
            severity: Some(match problem.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
            }),
            code: Some(NumberOrString::String(problem.code_name().to_owned())),
            code_description: standard::page(problem.code)
                .filter(|_| problem.own_code.is_none())
                .and_then(|page| uri::of_path(&page))
                .map(|href| CodeDescription { href }),
            source: Some("kmodel".to_owned()),
            message,
            related_information: Some(self.related(analysis, problem)).filter(|list| !list.is_empty()),
            tags,
            data: None,
        }
    }

    fn related(&mut self, analysis: &Analysis, problem: &diag::Diagnostic) -> Vec<DiagnosticRelatedInformation> {
        let labels = problem.labels.iter().enumerate().filter(|(place, label)| *place > 0 || !label.text.is_empty());
        let labels = labels.filter_map(|(_, label)| {
            let location = self.location(analysis, label.span)?;
            Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
        });
        labels.collect()
    }

    /// The files that problems may be in: all of the models with an open file.
    fn checked_files(&mut self) -> Vec<ModulePlace> {
        let mut places: Vec<ModulePlace> = self.documents.keys().filter(|place| !is_template(place)).cloned().collect();
        for root in self.open_roots() {
            let analysis = self.project.analysis(&self.world, &root);
            places.extend(analysis.resolved.program.own_modules().map(|(_, module)| module.place.clone()));
        }
        places.sort();
        places.dedup();
        places
    }

    /// Pushes the problems of every file where they have changed.
    pub(super) fn publish_all(&mut self) {
        if self.client.pulls {
            return;
        }
        let places = self.checked_files();
        let mut published: HashMap<ModulePlace, Vec<Diagnostic>> = HashMap::new();
        for place in &places {
            let diagnostics = self.diagnostics(place);
            let before = self.published.get(place);
            let is_open = self.documents.contains_key(place);
            // Diagnostics of an open file are published for each version, so that the editor knows that it was checked.
            if is_open || before.map_or(!diagnostics.is_empty(), |before| *before != diagnostics) {
                self.publish(place, diagnostics.clone());
            }
            published.insert(place.clone(), diagnostics);
        }
        let gone: Vec<_> = self
            .published
            .iter()
            .filter(|(place, list)| !list.is_empty() && !published.contains_key(*place))
            .map(|(place, _)| place.clone())
            .collect();
        gone.iter().for_each(|place| self.publish(place, Vec::new()));
        self.published = published;
    }

    fn publish(&self, place: &ModulePlace, diagnostics: Vec<Diagnostic>) {
        let Some(uri) = self.uri(place) else { return };
        let version = self.documents.get(place).map(|document| document.version);
        self.notify("textDocument/publishDiagnostics", PublishDiagnosticsParams { uri, diagnostics, version });
    }

    /// `textDocument/diagnostic`.
    pub(super) fn pull(&mut self, params: &DocumentDiagnosticParams) -> Answer<DocumentDiagnosticReportResult> {
        self.file(&params.text_document.uri)?;
        let items = self.diagnostics(&uri::place(&params.text_document.uri));
        let id = result_id(&items);
        let report = match params.previous_result_id.as_deref() == Some(&*id) {
            true => DocumentDiagnosticReport::Unchanged(RelatedUnchangedDocumentDiagnosticReport {
                related_documents: None,
                unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id: id },
            }),
            false => DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
                related_documents: None,
                full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id: Some(id), items },
            }),
        };
        Ok(DocumentDiagnosticReportResult::Report(report))
    }

    /// `workspace/diagnostic`.
    pub(super) fn pull_workspace(
        &mut self,
        params: &WorkspaceDiagnosticParams,
    ) -> Answer<WorkspaceDiagnosticReportResult> {
        let known: HashSet<(&str, &str)> =
            params.previous_result_ids.iter().map(|one| (one.uri.as_str(), one.value.as_str())).collect();
        let mut places = self.checked_files();
        places.extend(self.project.files().cloned());
        places.sort();
        places.dedup();
        let mut items = Vec::new();
        for place in places {
            let Some(uri) = self.uri(&place) else { continue };
            let version = self.documents.get(&place).map(|document| i64::from(document.version));
            let diagnostics = self.diagnostics(&place);
            let id = result_id(&diagnostics);
            items.push(match known.contains(&(uri.as_str(), &*id)) {
                true => WorkspaceDocumentDiagnosticReport::Unchanged(WorkspaceUnchangedDocumentDiagnosticReport {
                    uri,
                    version,
                    unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id: id },
                }),
                false => WorkspaceDocumentDiagnosticReport::Full(WorkspaceFullDocumentDiagnosticReport {
                    uri,
                    version,
                    full_document_diagnostic_report: FullDocumentDiagnosticReport {
                        result_id: Some(id),
                        items: diagnostics,
                    },
                }),
            });
        }
        Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }))
    }

    /// Asks the client to refresh results that depend on a model.
    pub(super) fn refresh(&mut self) {
        let refreshes = self.client.refreshes;
        if refreshes.hints {
            self.ask("workspace/inlayHint/refresh", ());
        }
        if refreshes.lenses {
            self.ask("workspace/codeLens/refresh", ());
        }
        if refreshes.diagnostics && self.client.pulls {
            self.ask("workspace/diagnostic/refresh", ());
        }
    }
}

/// A name for exactly these diagnostics.
fn result_id(items: &[Diagnostic]) -> String {
    let text = serde_json::to_vec(items).unwrap_or_default();
    Sha256::digest(&text).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
