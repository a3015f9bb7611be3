//! Call hierarchy: which endpoint dials which.

use std::sync::Arc;

use lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyIncomingCallsParams, CallHierarchyItem, CallHierarchyOutgoingCall,
    CallHierarchyOutgoingCallsParams, CallHierarchyPrepareParams, Range, SymbolKind,
};

use crate::check::Analysis;
use crate::ide::facts::Facts;
use crate::ide::hierarchy::{self, Call, Node};
use crate::lsp::convert::Cursor;
use crate::lsp::server::{Answer, Server};

impl Server {
    /// `textDocument/prepareCallHierarchy`.
    pub(in crate::lsp) fn prepare_calls(
        &mut self,
        params: &CallHierarchyPrepareParams,
    ) -> Answer<Option<Vec<CallHierarchyItem>>> {
        let at = &params.text_document_position_params;
        let Cursor { file, offset } = self.cursor(&at.text_document, at.position)?;
        let Some(facts) = self.facts_of(&file) else { return Ok(None) };
        let nodes = hierarchy::prepare(&file, offset, &facts);
        let items: Vec<_> = nodes.iter().filter_map(|node| self.call_item(&file.analysis, node)).collect();
        Ok((!items.is_empty()).then_some(items))
    }

    /// `callHierarchy/incomingCalls`.
    pub(in crate::lsp) fn incoming_calls(
        &mut self,
        params: &CallHierarchyIncomingCallsParams,
    ) -> Answer<Vec<CallHierarchyIncomingCall>> {
        let Some((analysis, facts)) = self.of_item(&params.item)? else { return Ok(Vec::new()) };
        let calls = hierarchy::incoming(&facts, &params.item.name);
        let calls = calls.iter().filter_map(|call| {
            let from = self.call_item(&analysis, &call.node)?;
            let from_ranges = self.origins(&analysis, call, &from);
            Some(CallHierarchyIncomingCall { from, from_ranges })
        });
        Ok(calls.collect())
    }

    /// `callHierarchy/outgoingCalls`.
    pub(in crate::lsp) fn outgoing_calls(
        &mut self,
        params: &CallHierarchyOutgoingCallsParams,
    ) -> Answer<Vec<CallHierarchyOutgoingCall>> {
        let Some((analysis, facts)) = self.of_item(&params.item)? else { return Ok(Vec::new()) };
        let calls = hierarchy::outgoing(&facts, &params.item.name);
        let calls = calls.iter().filter_map(|call| {
            let to = self.call_item(&analysis, &call.node)?;
            let from_ranges = self.origins(&analysis, call, &params.item);
            Some(CallHierarchyOutgoingCall { to, from_ranges })
        });
        Ok(calls.collect())
    }

    fn of_item(&mut self, item: &CallHierarchyItem) -> Answer<Option<(Arc<Analysis>, Arc<Facts>)>> {
        let file = self.file(&item.uri)?;
        Ok(self.facts_of(&file).map(|facts| (file.analysis.clone(), facts)))
    }

    fn call_item(&mut self, analysis: &Analysis, node: &Node) -> Option<CallHierarchyItem> {
        let location = self.location(analysis, node.span)?;
        Some(CallHierarchyItem {
            name: node.name.clone(),
            kind: SymbolKind::MODULE,
            tags: None,
            detail: Some(node.detail.clone()),
            uri: location.uri,
            range: location.range,
            selection_range: location.range,
            data: None,
        })
    }

    /// Where the relations of a call come from, as far as that is in the file of the one that dials; else its name.
    fn origins(&mut self, analysis: &Analysis, call: &Call, from: &CallHierarchyItem) -> Vec<Range> {
        let spans = call.relations.iter().map(|relation| relation.origin);
        let places: Vec<_> = spans.filter_map(|span| self.location(analysis, span)).collect();
        let here = places.into_iter().filter(|place| place.uri == from.uri).map(|place| place.range);
        let mut ranges: Vec<Range> = here.collect();
        ranges.dedup();
        if ranges.is_empty() { vec![from.selection_range] } else { ranges }
    }
}
