//! Which sources the names of a `FROM` mean.
//!
//! A source with a name answers to it. Sources without one are what a user points at to run rules over, so they answer
//! to every name: rules name the indices of a cluster, which nobody has here.

use brokerwatch_ecs::similar;
use brokerwatch_esql::ast::Index;
use brokerwatch_esql::catalog::{CatalogError, glob};

/// The sources that names mean, in the order of the options, and remarks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) numbers: Vec<usize>,
    pub(super) remarks: Vec<String>,
}

/// Finds the sources that names, patterns and exclusions mean among sources with these names.
pub(super) fn choose(indices: &[Index], sources: &[Option<&str>]) -> Result<Chosen, CatalogError> {
    let mut wanted = vec![false; sources.len()];
    let mut remarks = Vec::new();
    for index in indices {
        remark(index, &mut remarks);
        let (pattern, include) = match index.name.strip_prefix('-') {
            Some(excluded) => (excluded, false),
            None => (&*index.name, true),
        };
        let mut known = false;
        for (wanted, source) in wanted.iter_mut().zip(sources) {
            let means = match source {
                Some(name) => glob(pattern, name),
                None => include,
            };
            if means {
                *wanted = include;
                known = true;
            }
        }
        if include && !known && !pattern.contains('*') {
            return Err(unknown(pattern, sources));
        }
    }
    let numbers: Vec<usize> = (0..sources.len()).filter(|number| wanted[*number]).collect();
    if numbers.is_empty() {
        let names: Vec<&str> = indices.iter().map(|index| &*index.name).collect();
        return Err(unknown(&names.join(","), sources));
    }
    Ok(Chosen { numbers, remarks })
}

/// Why nothing has a name.
pub(super) fn unknown(name: &str, known: &[Option<&str>]) -> CatalogError {
    let similar = similar(name, known.iter().copied().flatten());
    CatalogError::Unknown { name: name.to_owned(), similar }
}

fn remark(index: &Index, remarks: &mut Vec<String>) {
    if let Some(cluster) = &index.cluster {
        remarks.push(format!(
            "`{cluster}:` of `{cluster}:{}` is passed over: all sources are local",
            index.name
        ));
    }
    if let Some(selector) = index.selector.as_ref().filter(|selector| *selector != "data") {
        remarks.push(format!(
            "`::{selector}` of `{}::{selector}` is passed over: sources have nothing but data",
            index.name
        ));
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_esql::ast::Place;

    use super::*;

    fn indices(from: &str) -> Vec<Index> {
        let index = |text: &str| {
            let (rest, selector) = match text.split_once("::") {
                Some((rest, selector)) => (rest, Some(selector.to_owned())),
                None => (text, None),
            };
            let (cluster, name) = match rest.split_once(':') {
                Some((cluster, name)) => (Some(cluster.to_owned()), name),
                None => (None, rest),
            };
            Index { cluster, name: name.to_owned(), selector, place: Place::default() }
        };
        from.split(',').map(index).collect()
    }

    #[track_caller]
    fn check(from: &str, sources: &[Option<&str>], expected: Option<&[usize]>) {
        let chosen = choose(&indices(from), sources);
        assert_eq!(chosen.ok().map(|chosen| chosen.numbers).as_deref(), expected, "{from}");
    }

    #[test]
    fn names_patterns_and_exclusions() {
        let named = [Some("logs-a"), Some("logs-b"), Some("winlogbeat")];
        check("logs-a", &named, Some(&[0]));
        check("logs-*", &named, Some(&[0, 1]));
        check("logs-*,-logs-b", &named, Some(&[0]));
        check("*,-logs-*", &named, Some(&[2]));
        check("nothing-*,winlogbeat", &named, Some(&[2]));
        check("nothing,winlogbeat", &named, None);
        check("nothing-*", &named, None);
    }

    #[test]
    fn what_has_no_name_answers_to_all() {
        check("logs-endpoint.events.network-*", &[None], Some(&[0]));
        check("logs-a", &[Some("logs-a"), None], Some(&[0, 1]));
        check("other", &[Some("logs-a"), None], Some(&[1]));
    }

    #[test]
    fn what_means_nothing_here_is_remarked() {
        let chosen = choose(&indices("cluster:logs-a::failures"), &[Some("logs-a")]).unwrap();
        assert_eq!((chosen.numbers.len(), chosen.remarks.len()), (1, 2));
    }

    #[test]
    fn an_unknown_name_finds_its_neighbour() {
        let error = choose(&indices("log-a"), &[Some("logs-a")]).unwrap_err();
        let CatalogError::Unknown { name, similar } = error else { panic!("{error:?}") };
        assert_eq!((&*name, &similar[..]), ("log-a", &["logs-a".to_owned()][..]));
    }
}
