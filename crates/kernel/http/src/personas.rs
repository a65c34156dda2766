//! The seven personas and what each may do: the matrix of personas and kinds of operations, as data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What kind of operation a permission is. Personas are defined over kinds, so that they cover the operations of every
/// module without a list of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Looks at records.
    Read,
    /// Makes a record.
    Create,
    /// Changes a record.
    Update,
    /// Throws away what was never in force.
    DeleteDraft,
    /// Removes a record.
    Delete,
    /// Hands a record in for a decision.
    Submit,
    /// Corrects what was handed in or is in force.
    Amend,
    /// Ends a record before its purpose is reached.
    Cancel,
    /// Ends a record or a period for good.
    Close,
    /// Takes a closed one up again.
    Reopen,
    /// Takes back what one handed in.
    Withdraw,
    /// Hands a record on to somebody above.
    Escalate,
    /// Decides in favour; makes a record count.
    Approve,
    /// Decides against.
    Deny,
    /// Makes a record from another.
    Copy,
    /// Makes one record of several.
    Merge,
    /// Looks at figures made from many records.
    Report,
    /// Makes a document of a record.
    Print,
    /// Takes many records in from a file.
    Import,
    /// Gives many records out into a file.
    Export,
    /// Changes many records at once.
    BulkUpdate,
    /// Removes many records at once.
    BulkDelete,
    /// Hands one's own work to another.
    Delegate,
    /// Lets another see a record.
    ShareReadonly,
    /// Lets another change a record.
    ShareEditable,
    /// Adds a comment.
    CommentAdd,
    /// Removes a comment of somebody else.
    CommentDeleteOther,
    /// Adds an attachment.
    AttachmentAdd,
    /// Removes an attachment of somebody else.
    AttachmentDeleteOther,
    /// Asks to be told of changes.
    Follow,
    /// Puts a tag on a record.
    Tag,
    /// Says how the module works, and who may what in it.
    Administer,
    /// What everybody who belongs to the tenant may do about what is their own.
    SelfService,
    /// Runs the platform: for the roles that the permission names, and for no persona.
    Control,
}

impl OperationKind {
    /// Its word, as rules and documents have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::DeleteDraft => "delete_draft",
            Self::Delete => "delete",
            Self::Submit => "submit",
            Self::Amend => "amend",
            Self::Cancel => "cancel",
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::Withdraw => "withdraw",
            Self::Escalate => "escalate",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Copy => "copy",
            Self::Merge => "merge",
            Self::Report => "report",
            Self::Print => "print",
            Self::Import => "import",
            Self::Export => "export",
            Self::BulkUpdate => "bulk_update",
            Self::BulkDelete => "bulk_delete",
            Self::Delegate => "delegate",
            Self::ShareReadonly => "share_readonly",
            Self::ShareEditable => "share_editable",
            Self::CommentAdd => "comment_add",
            Self::CommentDeleteOther => "comment_delete_other",
            Self::AttachmentAdd => "attachment_add",
            Self::AttachmentDeleteOther => "attachment_delete_other",
            Self::Follow => "follow",
            Self::Tag => "tag",
            Self::Administer => "administer",
            Self::SelfService => "self_service",
            Self::Control => "control",
        }
    }
}

/// How far a role's permission reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// As far as the binding does: the whole tenant, unless that says less.
    Tenant,
    /// Records that the caller made or owns.
    Own,
    /// Records of the caller's own organizational unit and the units below it, or of those that the binding names.
    Unit,
    /// The module that the binding names, and nothing where it names none.
    Module,
}

/// A built-in role that is defined over kinds of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Persona {
    /// Looks.
    Viewer,
    /// Looks, and makes reports and exports.
    Reporter,
    /// Asks for things, and follows what they asked for.
    Requester,
    /// Does the daily work.
    Agent,
    /// Answers for the work of a unit.
    Manager,
    /// Answers for a module.
    ModuleAdmin,
    /// Answers for the tenant.
    TenantAdmin,
}

impl Persona {
    /// All personas, from the one who may do least to the one who may do everything.
    pub const ALL: [Self; 7] = [
        Self::Viewer,
        Self::Reporter,
        Self::Requester,
        Self::Agent,
        Self::Manager,
        Self::ModuleAdmin,
        Self::TenantAdmin,
    ];

    /// Its key as a role.
    pub fn key(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Reporter => "reporter",
            Self::Requester => "requester",
            Self::Agent => "agent",
            Self::Manager => "manager",
            Self::ModuleAdmin => "module_admin",
            Self::TenantAdmin => "tenant_admin",
        }
    }

    /// How far it may do operations of this kind; not at all where there is no answer.
    pub fn reach(self, kind: OperationKind) -> Option<Reach> {
        let (_, row) = MATRIX.iter().find(|(of, _)| *of == kind)?;
        let column = Self::ALL.iter().position(|persona| *persona == self)?;
        match row.split_whitespace().nth(column)? {
            "all" => Some(Reach::Tenant),
            "own" => Some(Reach::Own),
            "unit" => Some(Reach::Unit),
            "module" => Some(Reach::Module),
            _ => None,
        }
    }
}

/// The matrix: a row for each kind of operation, in the columns viewer, reporter, requester, agent, manager,
/// module_admin and tenant_admin.
#[rustfmt::skip]
pub const MATRIX: &[(OperationKind, &str)] = &[
    //                                      viewer reporter requester agent manager module_admin tenant_admin
    (OperationKind::Read,                  "all    all      own       all   all     module       all"),
    (OperationKind::Create,                "-      -        all       all   all     module       all"),
    (OperationKind::Update,                "-      -        own       all   all     module       all"),
    (OperationKind::DeleteDraft,           "-      -        own       own   unit    module       all"),
    (OperationKind::Delete,                "-      -        -         -     unit    module       all"),
    (OperationKind::Submit,                "-      -        own       all   all     module       all"),
    (OperationKind::Amend,                 "-      -        own       own   unit    module       all"),
    (OperationKind::Cancel,                "-      -        own       own   unit    module       all"),
    (OperationKind::Close,                 "-      -        -         own   unit    module       all"),
    (OperationKind::Reopen,                "-      -        own       own   unit    module       all"),
    (OperationKind::Withdraw,              "-      -        own       own   unit    module       all"),
    (OperationKind::Escalate,              "-      -        own       all   all     module       all"),
    (OperationKind::Approve,               "-      -        -         -     unit    module       all"),
    (OperationKind::Deny,                  "-      -        -         -     unit    module       all"),
    (OperationKind::Copy,                  "-      -        own       all   all     module       all"),
    (OperationKind::Merge,                 "-      -        -         -     unit    module       all"),
    (OperationKind::Report,                "-      all      -         -     unit    module       all"),
    (OperationKind::Print,                 "all    all      own       all   all     module       all"),
    (OperationKind::Import,                "-      -        -         -     -       module       all"),
    (OperationKind::Export,                "-      all      -         -     unit    module       all"),
    (OperationKind::BulkUpdate,            "-      -        -         -     unit    module       all"),
    (OperationKind::BulkDelete,            "-      -        -         -     -       module       all"),
    (OperationKind::Delegate,              "-      -        -         own   unit    module       all"),
    (OperationKind::ShareReadonly,         "-      -        own       all   all     module       all"),
    (OperationKind::ShareEditable,         "-      -        -         own   unit    module       all"),
    (OperationKind::CommentAdd,            "-      -        own       all   all     module       all"),
    (OperationKind::CommentDeleteOther,    "-      -        -         -     unit    module       all"),
    (OperationKind::AttachmentAdd,         "-      -        own       all   all     module       all"),
    (OperationKind::AttachmentDeleteOther, "-      -        -         -     unit    module       all"),
    (OperationKind::Follow,                "all    all      own       all   all     module       all"),
    (OperationKind::Tag,                   "-      -        own       all   all     module       all"),
    (OperationKind::Administer,            "-      -        -         -     -       module       all"),
    (OperationKind::SelfService,           "all    all      all       all   all     all          all"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_word() {
        for (kind, _) in MATRIX {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    #[test]
    fn the_matrix_has_a_cell_for_every_persona_and_a_row_for_every_kind() {
        for (kind, row) in MATRIX {
            let cells: Vec<_> = row.split_whitespace().collect();
            assert_eq!(cells.len(), Persona::ALL.len(), "{kind:?}");
            let known = ["-", "all", "own", "unit", "module"];
            assert!(cells.iter().all(|cell| known.contains(cell)), "{kind:?}: {cells:?}");
            assert_eq!(MATRIX.iter().filter(|(other, _)| other == kind).count(), 1, "{kind:?}");
        }
        // The kinds are an enumeration without gaps: the last one's number is the number of rows less one.
        assert_eq!(OperationKind::SelfService as usize + 1, MATRIX.len());
    }

    #[test]
    fn who_answers_for_the_tenant_may_do_everything_and_who_looks_changes_nothing() {
        for (kind, _) in MATRIX {
            assert_eq!(Persona::TenantAdmin.reach(*kind), Some(Reach::Tenant));
            let looks = [
                OperationKind::Read,
                OperationKind::Print,
                OperationKind::Follow,
                OperationKind::SelfService,
            ];
            assert_eq!(Persona::Viewer.reach(*kind).is_some(), looks.contains(kind), "{kind:?}");
            let module = Persona::ModuleAdmin.reach(*kind);
            assert!(module == Some(Reach::Module) || *kind == OperationKind::SelfService, "{kind:?}");
        }
    }
}
