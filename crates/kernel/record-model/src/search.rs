//! The search for words, in SQL: among the words that are kept of a record, or in the texts of its row.

use athyper_kernel_cel::{Bind, Binds};
use athyper_kernel_entity::words;

use crate::entity::Entity;
use crate::relation::sorted_by;

/// That a record `r` has a word that begins like this one.
pub fn has(entity: &Entity, word: &str, binds: &mut Binds) -> String {
    match texts(entity) {
        Some(texts) => in_texts(&texts, word, binds),
        None => format!("exists (select 1 from {})", matching(word, binds)),
    }
}

/// How well a record `r` fits the search: the sum over the words of the greatest weight with which each is found.
pub fn rank(entity: &Entity, words: &[String], binds: &mut Binds) -> String {
    let texts = texts(entity);
    let weights = words.iter().map(|word| {
        if let Some(texts) = &texts {
            // Fields come by weight, so that the first one with the word tells.
            let weighed = texts.iter().zip(words::weights()).map(|(text, weight)| {
                let found = in_texts(std::slice::from_ref(text), word, binds);
                format!("when {found} then {weight}")
            });
            let weighed: Vec<String> = weighed.collect();
            return format!("(case {} else 0 end)::bigint", weighed.join(" "));
        }
        format!("(select max(w.weight) from {})::bigint", matching(word, binds))
    });
    let weights: Vec<String> = weights.collect();
    format!("({})", weights.join(" + "))
}

/// The words of a record that begin like this one. The first two binds are tenant and entity.
fn matching(word: &str, binds: &mut Binds) -> String {
    let (from, to) = (binds.push(Bind::Text(word.to_owned())), binds.push(Bind::Text(words::end_of(word))));
    format!(
        "records.word w where w.tenant_id = $1 and w.entity_id = $2 and w.record_id = r.id \
         and w.word >= {from}::text and w.word < {to}::text"
    )
}

/// Whether a word of one of these texts begins like this one.
fn in_texts(texts: &[String], word: &str, binds: &mut Binds) -> String {
    let word = binds.push(Bind::Text(format!(" {word}")));
    let texts = texts.join(", ");
    format!(
        "strpos(regexp_replace(lower(concat_ws(' ', '', {texts})), '[^[:alnum:]]+', ' ', 'g'), {word}::text) > 0"
    )
}

/// The texts of the searchable fields, where no words are kept: the commands of a domain write its table, so that a search reads
/// the tenant's rows.
fn texts(entity: &Entity) -> Option<Vec<String>> {
    let system = entity.system().filter(|_| entity.is_written_by_commands())?;
    let searched = entity.fields().filter(|(field, _)| field.searchable);
    let texts = searched.map(|(field, slot)| match sorted_by(system, slot, &field.kind) {
        Some((column, _)) => column,
        None => format!("(r.custom ->> '{slot}')"),
    });
    Some(texts.collect())
}
