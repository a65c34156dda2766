//! A strict parser of OpenMetrics 1.0 text: it refuses whatever the specification does not allow.

use std::collections::{BTreeMap, BTreeSet};

/// A metric family as it was read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) unit: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    /// What follows the family's name.
    pub(crate) suffix: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

/// Families by name. The error says what is wrong with which line.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, Family>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("the end mark is missing")?;
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("a line does not end before the end mark".to_owned());
    }
    let mut families = BTreeMap::new();
    let mut current: Option<(String, Family)> = None;
    for line in body.lines() {
        read_line(line, &mut families, &mut current).map_err(|why| format!("{why}: {line}"))?;
    }
    finish(&mut families, current)?;
    Ok(families)
}

fn read_line(
    line: &str,
    families: &mut BTreeMap<String, Family>,
    current: &mut Option<(String, Family)>,
) -> Result<(), String> {
    if let Some(comment) = line.strip_prefix("# ") {
        let mut parts = comment.splitn(3, ' ');
        let word = parts.next().ok_or("a comment without a word")?;
        let name = parts.next().ok_or("a descriptor without a name")?;
        let rest = parts.next().ok_or("a descriptor without a value")?;
        if !is_name(name, true) {
            return Err("not a metric name".to_owned());
        }
        if word == "TYPE" {
            finish(families, current.take())?;
            if !["counter", "gauge", "histogram"].contains(&rest) {
                return Err("an unknown type".to_owned());
            }
            *current = Some((name.to_owned(), Family { kind: rest.to_owned(), ..Family::default() }));
            return Ok(());
        }
        let (family_name, family) = current.as_mut().ok_or("a descriptor before the type")?;
        if family_name != name || !family.samples.is_empty() {
            return Err("a descriptor in the wrong place".to_owned());
        }
        let slot = match word {
            "UNIT" if name.ends_with(&format!("_{rest}")) => &mut family.unit,
            "UNIT" => return Err("the name does not end with the unit".to_owned()),
            "HELP" => &mut family.help,
            _ => return Err("an unknown descriptor".to_owned()),
        };
        if slot.replace(unescape(rest)?).is_some() {
            return Err("a descriptor twice".to_owned());
        }
        return Ok(());
    }
    let (name, family) = current.as_mut().ok_or("a sample before its type")?;
    let sample = read_sample(name, line)?;
    let suffixes: &[&str] = match family.kind.as_str() {
        "counter" => &["_total"],
        "gauge" => &[""],
        _ => &["_bucket", "_count", "_sum"],
    };
    if !suffixes.contains(&sample.suffix.as_str()) {
        return Err("a suffix that the type does not have".to_owned());
    }
    if family.kind == "counter" && (sample.value.is_nan() || sample.value < 0.0) {
        return Err("a counter that cannot count".to_owned());
    }
    family.samples.push(sample);
    Ok(())
}

fn read_sample(family: &str, line: &str) -> Result<Sample, String> {
    let rest = line.strip_prefix(family).ok_or("a sample of another family")?;
    let end = rest.find(['{', ' ']).ok_or("a sample without a value")?;
    let (suffix, mut rest) = rest.split_at(end);
    let mut labels: Vec<(String, String)> = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        let mut inside = inside;
        loop {
            let (name, value) = inside.split_once("=\"").ok_or("a label without a quoted value")?;
            if !is_name(name, false) || labels.iter().any(|(known, _)| known == name) {
                return Err("a label name that is not valid or there twice".to_owned());
            }
            let end = end_of_quoted(value).ok_or("a quote that does not end")?;
            labels.push((name.to_owned(), unescape(&value[..end])?));
            inside = &value[end + 1..];
            if let Some(after) = inside.strip_prefix('}') {
                rest = after;
                break;
            }
            inside = inside.strip_prefix(',').ok_or("no comma between labels")?;
        }
    }
    let value = rest.strip_prefix(' ').ok_or("no space before the value")?;
    Ok(Sample { suffix: suffix.to_owned(), labels, value: number(value)? })
}

fn number(text: &str) -> Result<f64, String> {
    match text {
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        "NaN" => Ok(f64::NAN),
        _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => {
            text.parse().map_err(|_| "not a number".to_owned())
        }
        _ => Err("not a number".to_owned()),
    }
}

/// The rules for a whole family, once all of it is read.
fn finish(families: &mut BTreeMap<String, Family>, family: Option<(String, Family)>) -> Result<(), String> {
    let Some((name, family)) = family else { return Ok(()) };
    let mut seen = BTreeSet::new();
    for sample in &family.samples {
        let mut labels = sample.labels.clone();
        labels.sort();
        if !seen.insert((sample.suffix.clone(), labels)) {
            return Err(format!("{name} has a sample twice"));
        }
    }
    if family.kind == "histogram" {
        check_histogram(&family).map_err(|why| format!("{name} {why}"))?;
    }
    match families.insert(name.clone(), family) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is there twice")),
    }
}

/// Each group of a histogram: buckets that rise to `+Inf`, then the count, which is that of the last, and the sum.
fn check_histogram(family: &Family) -> Result<(), String> {
    let mut samples = family.samples.iter().peekable();
    while samples.peek().is_some() {
        let (mut below, mut bound, mut group) = (0.0, f64::NEG_INFINITY, None);
        while let Some(bucket) = samples.next_if(|sample| sample.suffix == "_bucket") {
            let (le, others): (Vec<_>, Vec<_>) = bucket.labels.iter().partition(|(name, _)| name == "le");
            let le = number(&le.first().ok_or("has a bucket without a bound")?.1)?;
            if le <= bound || bucket.value < below || group.get_or_insert_with(|| others.clone()) != &others {
                return Err("has buckets that do not rise".to_owned());
            }
            (below, bound) = (bucket.value, le);
        }
        let others: Vec<_> = group.ok_or("has a group without buckets")?.into_iter().cloned().collect();
        if bound.is_finite() {
            return Err("has no last bucket".to_owned());
        }
        for suffix in ["_count", "_sum"] {
            let sample = samples.next().ok_or("has no count or sum")?;
            if sample.suffix != suffix || sample.labels != others {
                return Err("has no count or sum".to_owned());
            }
            if suffix == "_count" && sample.value != below {
                return Err("has a count other than that of its last bucket".to_owned());
            }
        }
    }
    Ok(())
}

fn is_name(name: &str, may_have_colon: bool) -> bool {
    name.bytes().enumerate().all(|(at, b)| {
        b.is_ascii_alphabetic()
            || b == b'_'
            || (b == b':' && may_have_colon)
            || (b.is_ascii_digit() && at > 0)
    }) && !name.is_empty()
}

fn end_of_quoted(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, b) in text.bytes().enumerate() {
        match b {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn unescape(text: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(match characters.next() {
                Some('n') => '\n',
                Some(other @ ('\\' | '"')) => other,
                other => return Err(format!("an unknown escape {other:?}")),
            }),
            '"' => return Err("a bare quote".to_owned()),
            other => plain.push(other),
        }
    }
    Ok(plain)
}
