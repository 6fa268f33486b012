//! Where in documents the wanted fields lie.

use brokerwatch_ecs::{Field, Projection, Slot};

/// Where in documents the wanted fields lie: a tree over the segments of their paths.
#[derive(Debug)]
pub struct Plan {
    nodes: Vec<Node>,
    fields: Vec<Field>,
}

#[derive(Debug, Default)]
struct Node {
    /// By head, length and the rest of the name. A search by halves compares integers and seldom needs the rest, which
    /// is as fast for five children as for hundreds.
    children: Vec<Child>,
    /// The first bytes of the children's names, of each the low six bits: tells most other keys at a glance.
    starts: u64,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Child {
    head: u64,
    name: Box<[u8]>,
    node: usize,
}

/// The whole document.
pub(super) const ROOT: usize = 0;

/// Where nothing is wanted.
pub(super) const NOWHERE: usize = 1;

impl Plan {
    /// The plan that fills a projection.
    pub fn new(projection: &Projection) -> Plan {
        let nodes = vec![Node::default(), Node::default()];
        let mut plan = Plan { nodes, fields: Vec::new() };
        for (slot, field) in projection.fields() {
            plan.fields.push(field.clone());
            let mut node = ROOT;
            for segment in field.path.split('.') {
                node = plan.child_or_new(node, segment.as_bytes());
            }
            plan.nodes[node].slots.push(slot);
        }
        plan
    }

    /// How many nodes there are; each is an index below it.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The fields that values at a node fill.
    #[inline]
    pub(super) fn slots(&self, node: usize) -> &[Slot] {
        &self.nodes[node].slots
    }

    /// The field behind a slot.
    #[inline]
    pub(super) fn field(&self, slot: Slot) -> &Field {
        &self.fields[usize::from(slot.0)]
    }

    /// Whether something may be wanted inside an object at a node.
    #[inline]
    pub(super) fn has_children(&self, node: usize) -> bool {
        !self.nodes[node].children.is_empty()
    }

    /// The node that a key leads to; a key with dots walks several segments.
    #[inline]
    pub(super) fn descend(&self, mut node: usize, mut key: &[u8]) -> usize {
        while self.nodes[node].starts & start(key) != 0 {
            // Names of nodes have no dots, so a name that is found is the whole rest of the key.
            if let Ok(found) = self.child(node, key) {
                return self.nodes[node].children[found].node;
            }
            let Some(dot) = key.iter().position(|&byte| byte == b'.') else { break };
            let Ok(found) = self.child(node, &key[..dot]) else { break };
            node = self.nodes[node].children[found].node;
            key = &key[dot + 1..];
        }
        NOWHERE
    }

    fn child_or_new(&mut self, node: usize, segment: &[u8]) -> usize {
        match self.child(node, segment) {
            Ok(found) => self.nodes[node].children[found].node,
            Err(place) => {
                let new = self.nodes.len();
                self.nodes.push(Node::default());
                let child = Child { head: head(segment), name: segment.into(), node: new };
                self.nodes[node].children.insert(place, child);
                self.nodes[node].starts |= start(segment);
                new
            }
        }
    }

    /// The place of a child, or the place where it would stand.
    #[inline]
    fn child(&self, node: usize, name: &[u8]) -> Result<usize, usize> {
        let head = head(name);
        self.nodes[node].children.binary_search_by(|child| {
            let order = child.head.cmp(&head).then(child.name.len().cmp(&name.len()));
            // The heads of names of one length that are no longer than a head are the names.
            if HEAD_BYTES < name.len() {
                order.then_with(|| (*child.name).cmp(name))
            } else {
                order
            }
        })
    }
}

/// A bit for the first byte of a name.
#[inline]
fn start(name: &[u8]) -> u64 {
    1 << (name.first().copied().unwrap_or(0) & 63)
}

const HEAD_BYTES: usize = 8;

/// The first eight bytes of a name as a number; the bytes that a shorter name lacks are zero.
#[inline]
fn head(name: &[u8]) -> u64 {
    match name.first_chunk::<HEAD_BYTES>() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => name.iter().rev().fold(0, |head, &byte| head << 8 | u64::from(byte)),
    }
}
