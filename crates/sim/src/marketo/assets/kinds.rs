//! The kinds of assets and what may be done with each.

/// How an asset goes live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// It does not.
    None,
    /// A draft is approved.
    Draft,
    /// An email program is approved.
    Program,
    /// A trigger campaign is activated.
    Campaign,
}

/// A kind of asset.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a table of what can be done")]
pub struct Kind {
    /// The plural of paths; without its `s` it is the singular.
    pub name: &'static str,
    /// How folders call it.
    pub shown: &'static str,
    /// Whether a form makes one.
    pub created: bool,
    /// Whether a form changes one.
    pub written: bool,
    /// Whether one can be deleted.
    pub deleted: bool,
    /// Whether one can be cloned.
    pub cloned: bool,
    /// How it goes live.
    pub approval: Approval,
    /// The status of a new one.
    pub fresh: &'static str,
    /// What a form must give beside name and folder.
    pub needed: &'static [&'static str],
    /// What a form may set beside name and description.
    pub settable: &'static [&'static str],
}

impl Kind {
    /// The singular of paths.
    pub fn singular(&self) -> &'static str {
        self.name.strip_suffix('s').unwrap_or(self.name)
    }
}

/// The kind of a plural.
pub fn named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// What is only read.
const READ: Kind = Kind {
    name: "",
    shown: "",
    created: false,
    written: false,
    deleted: false,
    cloned: false,
    approval: Approval::None,
    fresh: "",
    needed: &[],
    settable: &[],
};

/// What is drafted, cloned and approved.
const DRAFTED: Kind = Kind {
    created: true,
    written: true,
    deleted: true,
    cloned: true,
    approval: Approval::Draft,
    fresh: "draft",
    ..READ
};

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "folders",
        shown: "Folder",
        created: true,
        written: true,
        deleted: true,
        settable: &["isArchive"],
        ..READ
    },
    Kind {
        name: "files",
        shown: "File",
        deleted: true,
        ..READ
    },
    Kind {
        name: "channels",
        ..READ
    },
    Kind {
        name: "programs",
        shown: "Program",
        approval: Approval::Program,
        fresh: "",
        settable: &["startDate", "endDate", "costs", "tags"],
        ..DRAFTED
    },
    Kind {
        name: "tagTypes",
        ..READ
    },
    Kind {
        name: "emails",
        shown: "Email",
        needed: &["template"],
        settable: &[
            "template",
            "subject",
            "fromName",
            "fromEmail",
            "replyEmail",
            "operational",
            "textOnly",
            "webView",
            "preHeader",
            "published",
        ],
        ..DRAFTED
    },
    Kind {
        name: "emailTemplates",
        shown: "Email Template",
        ..DRAFTED
    },
    Kind {
        name: "forms",
        shown: "Form",
        settable: &[
            "language",
            "locale",
            "progressiveProfiling",
            "labelPosition",
            "fontFamily",
            "fontSize",
            "theme",
            "customCss",
            "knownVisitor",
        ],
        ..DRAFTED
    },
    Kind {
        name: "landingPages",
        shown: "Landing Page",
        needed: &["template"],
        settable: &[
            "template",
            "title",
            "keywords",
            "robots",
            "customHeadHTML",
            "facebookOgTags",
            "prefillForm",
            "mobileEnabled",
            "urlPageName",
        ],
        ..DRAFTED
    },
    Kind {
        name: "landingPageTemplates",
        shown: "Landing Page Template",
        settable: &["templateType", "enableMunchkin"],
        ..DRAFTED
    },
    Kind {
        name: "smartCampaigns",
        shown: "Smart Campaign",
        approval: Approval::Campaign,
        fresh: "Never Run",
        settable: &["isExecutable"],
        ..DRAFTED
    },
    Kind {
        name: "smartLists",
        shown: "Smart List",
        deleted: true,
        cloned: true,
        ..READ
    },
    Kind {
        name: "staticLists",
        shown: "Static List",
        created: true,
        written: true,
        deleted: true,
        ..READ
    },
    Kind {
        name: "snippets",
        shown: "Snippet",
        ..DRAFTED
    },
];
