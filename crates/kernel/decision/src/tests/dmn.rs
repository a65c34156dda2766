//! DMN documents: what is written is read as the same, and what is not known is named.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::naive::{cells, kinds, pool};
use crate::dmn::{export, import};
use crate::{
    Aggregation, DataType, Decision, Definition, HitPolicy, InputColumn, InputData, ListType, Literal,
    ObjectType, OutputColumn, Rule, ScalarType, Table, compile, to_json,
};

/// A document as another tool would write it, with a diagram, and names with blanks.
const LOAN: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<dmn:definitions xmlns:dmn="https://www.omg.org/spec/DMN/20191111/MODEL/"
    xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:feel="https://www.omg.org/spec/DMN/20191111/FEEL/"
    id="loan" name="Loan approval" namespace="https://example.org/loan" exporter="hand">
  <dmn:description>Who gets a loan.</dmn:description>
  <dmn:itemDefinition name="tApplicant">
    <dmn:itemComponent name="Credit Score"><dmn:typeRef>number</dmn:typeRef></dmn:itemComponent>
    <dmn:itemComponent name="Birth Date"><dmn:typeRef>date</dmn:typeRef></dmn:itemComponent>
  </dmn:itemDefinition>
  <dmn:itemDefinition name="tRisk">
    <dmn:typeRef>string</dmn:typeRef>
    <dmn:allowedValues><dmn:text>"High","Low"</dmn:text></dmn:allowedValues>
  </dmn:itemDefinition>
  <dmn:inputData id="i1" name="Applicant"><dmn:variable name="Applicant" typeRef="tApplicant"/></dmn:inputData>
  <dmn:inputData id="i2" name="Loan Amount"><dmn:variable name="Loan Amount" typeRef="number"/></dmn:inputData>
  <dmn:knowledgeSource id="k1" name="Handbook"/>
  <dmn:decision id="d1" name="Approval">
    <dmn:question>May it be paid out?</dmn:question>
    <dmn:variable name="Approval" typeRef="boolean"/>
    <dmn:informationRequirement><dmn:requiredDecision href="#d2"/></dmn:informationRequirement>
    <dmn:informationRequirement><dmn:requiredInput href="#i2"/></dmn:informationRequirement>
    <dmn:authorityRequirement><dmn:requiredAuthority href="#k1"/></dmn:authorityRequirement>
    <dmn:decisionTable hitPolicy="UNIQUE" preferredOrientation="Rule-as-Row">
      <dmn:input label="Risk"><dmn:inputExpression typeRef="tRisk"><dmn:text>Risk Level</dmn:text></dmn:inputExpression></dmn:input>
      <dmn:input><dmn:inputExpression typeRef="number"><dmn:text>Loan Amount * 2</dmn:text></dmn:inputExpression></dmn:input>
      <dmn:output><dmn:defaultOutputEntry><dmn:text>false</dmn:text></dmn:defaultOutputEntry></dmn:output>
      <dmn:annotation name="Why"/>
      <dmn:rule>
        <dmn:inputEntry><dmn:text>"Low"</dmn:text></dmn:inputEntry>
        <dmn:inputEntry><dmn:text>[0..20000)</dmn:text></dmn:inputEntry>
        <dmn:outputEntry><dmn:text>true</dmn:text></dmn:outputEntry>
        <dmn:annotationEntry><dmn:text>small &amp; safe</dmn:text></dmn:annotationEntry>
      </dmn:rule>
      <dmn:rule>
        <dmn:inputEntry><dmn:text><![CDATA["High"]]></dmn:text></dmn:inputEntry>
        <dmn:inputEntry><dmn:text>-</dmn:text></dmn:inputEntry>
        <dmn:outputEntry><dmn:text>Loan Amount &lt; 100</dmn:text></dmn:outputEntry>
      </dmn:rule>
    </dmn:decisionTable>
  </dmn:decision>
  <dmn:decision id="d2" name="Risk Level">
    <dmn:variable name="Risk Level" typeRef="tRisk"/>
    <dmn:informationRequirement><dmn:requiredInput href="#i1"/></dmn:informationRequirement>
    <dmn:decisionTable hitPolicy="FIRST">
      <dmn:input><dmn:inputExpression typeRef="number"><dmn:text>Applicant.Credit Score</dmn:text></dmn:inputExpression></dmn:input>
      <dmn:output name="level" typeRef="tRisk"/>
      <dmn:rule>
        <dmn:inputEntry><dmn:text>&gt;= 600</dmn:text></dmn:inputEntry>
        <dmn:outputEntry><dmn:text>"Low"</dmn:text></dmn:outputEntry>
      </dmn:rule>
      <dmn:rule><dmn:inputEntry><dmn:text/></dmn:inputEntry><dmn:outputEntry><dmn:text>"High"</dmn:text></dmn:outputEntry></dmn:rule>
    </dmn:decisionTable>
  </dmn:decision>
  <dmndi:DMNDI><dmndi:DMNDiagram/></dmndi:DMNDI>
</dmn:definitions>"##;

#[test]
fn a_document_of_another_tool_is_read_and_evaluated() {
    let imported = import(LOAN).unwrap();
    let definition = &imported.definition;
    assert_eq!(definition.label, "Loan approval");
    assert_eq!(definition.description.as_deref(), Some("Who gets a loan."));
    assert_eq!(
        (definition.inputs[1].key.as_str(), definition.inputs[1].label.as_deref()),
        ("loanAmount", Some("Loan Amount"))
    );
    let table = definition.decisions[0].table.as_ref().unwrap();
    assert_eq!(table.inputs[0].values.as_deref(), Some("\"High\",\"Low\""));
    assert_eq!(table.inputs[1].expression, "loanAmount * 2");
    assert_eq!(table.rules[0].annotations, ["small & safe"]);
    assert_eq!(table.rules[1].then, ["loanAmount < 100"]);
    let noted: Vec<&str> = imported.notes.iter().map(|note| note.element.as_str()).collect();
    for element in
        ["DMNDI", "knowledgeSource[Handbook]", "question", "authorityRequirement", "@preferredOrientation"]
    {
        assert!(noted.iter().any(|noted| noted.ends_with(element)), "{element} in {noted:?}");
    }
    assert_eq!(noted.len(), 5);
    let model = compile(definition).unwrap();
    for (score, amount, said) in
        [(650, "9999.99", true), (650, "10000", false), (5, "99", true), (5, "100", false)]
    {
        let given = json!({"Applicant": {"creditScore": score}, "loanAmount": amount});
        let inputs = model.read_inputs(given.as_object().unwrap()).unwrap();
        let outcome = model.evaluate(None, &inputs, &super::context()).unwrap();
        assert_eq!(to_json(outcome.value()), json!(said), "{given}");
    }
    // Other namespaces of the same structure are read as well, older ones are not.
    import(&LOAN.replace("20191111/MODEL", "20230324/MODEL")).unwrap();
    let refused = import(&LOAN.replace("20191111/MODEL", "20180521/MODEL")).unwrap_err();
    assert_eq!(refused[0].code, "not_dmn");
}

#[test]
fn what_is_not_known_is_named_by_its_element() {
    let edit = |from: &str, to: &str| {
        assert!(LOAN.contains(from), "{from}");
        import(&LOAN.replace(from, to)).unwrap_err()
    };
    for (from, to, named) in [
        (
            "<dmn:knowledgeSource id=\"k1\" name=\"Handbook\"/>",
            "<dmn:businessKnowledgeModel id=\"b\" name=\"Fee\"/>",
            "businessKnowledgeModel[Fee]",
        ),
        (
            "<dmn:knowledgeSource id=\"k1\" name=\"Handbook\"/>",
            "<dmn:decisionService id=\"b\" name=\"S\"/>",
            "decisionService[S]",
        ),
        ("<dmn:question>May it be paid out?</dmn:question>", "<dmn:context/>", "decision[Approval]/context"),
        ("href=\"#i2\"", "href=\"other.dmn#i2\"", "informationRequirement"),
        ("href=\"#i2\"", "href=\"#i9\"", "informationRequirement"),
        ("\"UNIQUE\"", "\"SOMETIMES\"", "@hitPolicy"),
        ("Loan Amount * 2", "sum(Loan Amount)", "inputExpression"),
        ("Loan Amount * 2", "Loan Amount / 2", "inputExpression"),
        ("Loan Amount * 2", "Loan Amount Applicant", "inputExpression"),
        ("<dmn:typeRef>date</dmn:typeRef>", "<dmn:typeRef>time</dmn:typeRef>", "inputData[Applicant]"),
        ("name=\"Loan Amount\" typeRef=\"number\"", "name=\"Loan Amount\"", "inputData[Loan Amount]"),
        ("typeRef=\"number\"><dmn:text>Loan", "typeRef=\"tApplicant\"><dmn:text>Loan", "inputExpression"),
    ] {
        let faults = edit(from, to);
        assert!(faults.iter().any(|fault| fault.pointer.contains(named)), "{named} in {faults:?}");
    }
}

#[test]
fn hostile_documents_are_refused() {
    let doctype = format!("<!DOCTYPE d [<!ENTITY a \"b\">]>{}", &LOAN[LOAN.find("<dmn:").unwrap()..]);
    assert!(import(&doctype).unwrap_err()[0].message.contains("DOCTYPE"));
    assert!(import(&LOAN.replace("Who gets", "&who; gets")).unwrap_err()[0].message.contains("entity"));
    assert!(
        import(&format!("{}{}", "<a>".repeat(100), "</a>".repeat(100))).unwrap_err()[0]
            .message
            .contains("deeper")
    );
    assert!(import(&"<".repeat(crate::dmn::MAX_XML_BYTES + 1)).unwrap_err()[0].message.contains("bytes"));
    assert!(import(&LOAN.replace("</dmn:definitions>", "")).is_err());
    assert!(import("").is_err() && import("no xml").is_err() && import("<a/><b/>").is_err());
    // Types that name each other grow without end.
    let part = |to: &str| format!("<itemComponent name=\"{{}}\"><typeRef>{to}</typeRef></itemComponent>");
    let item = |name: &str, to: &str| {
        let parts: String = (0..40).map(|at| part(to).replace("{}", &format!("p{at}"))).collect();
        format!("<itemDefinition name=\"{name}\">{parts}</itemDefinition>")
    };
    let xml = format!(
        "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"x\">{}{}{}{}\
         <inputData id=\"i\" name=\"i\"><variable name=\"i\" typeRef=\"a\"/></inputData></definitions>",
        item("a", "b"),
        item("b", "c"),
        item("c", "d"),
        item("d", "a")
    );
    assert_eq!(import(&xml).unwrap_err()[0].code, "type");
}

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(
        prop::sample::select(vec!["A label", "ä & <b> \"q\"", "two\nlines\tand", "x"])
            .prop_map(str::to_owned),
    )
}

fn data_types() -> impl Strategy<Value = DataType> {
    let scalar = kinds().prop_map(DataType::Scalar);
    let list = |inner: DataType| match inner {
        DataType::List(_) => inner,
        inner => DataType::List(ListType { list: Box::new(inner) }),
    };
    scalar.prop_recursive(3, 8, 3, move |inner| {
        let object =
            prop::collection::btree_map(prop::sample::select(vec!["a", "b", "cD"]), inner.clone(), 1..3);
        let object = object.prop_map(|parts| {
            let object: BTreeMap<String, DataType> =
                parts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
            DataType::Object(ObjectType { object })
        });
        prop_oneof![object, inner.prop_map(list)]
    })
}

fn tables() -> impl Strategy<Value = Table> {
    use HitPolicy::{Any, Collect, First, OutputOrder, Priority, RuleOrder, Unique};
    let policy = prop::sample::select(vec![Unique, First, Priority, Any, Collect, RuleOrder, OutputOrder]);
    let column = (kinds(), text(), any::<bool>()).prop_flat_map(|(kind, label, is_computed)| {
        let expression = if is_computed { "null" } else { "given" }.to_owned();
        let values = prop::option::of(cells(kind).prop_map(|cell| cell.text(" ").trim().to_owned()));
        values.prop_map(move |values| InputColumn {
            label: label.clone(),
            expression: expression.clone(),
            kind,
            values: values.filter(|values| values != "-"),
        })
    });
    let output = (kinds(), text()).prop_flat_map(|(kind, label)| {
        let default = prop::option::of(prop::sample::select(pool(kind)).prop_map(|value| value.to_feel()));
        let listed = prop::option::of(prop::sample::subsequence(pool(kind), 1..=pool(kind).len().min(3)));
        (default, listed).prop_map(move |(default, listed)| {
            let listed =
                listed.map(|all| all.iter().map(crate::Scalar::to_feel).collect::<Vec<_>>().join(", "));
            OutputColumn { key: String::new(), label: label.clone(), kind, values: listed, default }
        })
    });
    let columns = (prop::collection::vec(column, 1..3), prop::collection::vec(output, 1..3));
    (policy, columns, 0_usize..3, any::<bool>()).prop_flat_map(|(hit_policy, (inputs, mut outputs), annotations, sums)| {
        for (at, output) in outputs.iter_mut().enumerate() {
            output.key = format!("out{at}");
        }
        let when: Vec<_> = inputs.iter().map(|column| cells(column.kind).prop_map(|cell| cell.text(" ").trim().to_owned())).collect();
        let then: Vec<_> = outputs
            .iter()
            .map(|output| {
                let literal = prop::sample::select(pool(output.kind)).prop_map(|value| value.to_feel());
                prop_oneof![5 => literal, 1 => Just(String::new()), 1 => Just("given == null ? null : null".to_owned())]
            })
            .collect();
        let notes = prop::collection::vec(text().prop_map(|text| text.unwrap_or("why".to_owned())), 0..=annotations);
        let rule = (when, then, notes).prop_map(|(when, then, annotations)| Rule { when, then, annotations });
        prop::collection::vec(rule, 0..4).prop_map(move |rules| Table {
            hit_policy,
            aggregation: (hit_policy == Collect && sums).then_some(Aggregation::Count),
            inputs: inputs.clone(),
            outputs: outputs.clone(),
            annotations: (0..annotations).map(|at| format!("Note {at}")).collect(),
            rules,
        })
    })
}

fn definitions() -> impl Strategy<Value = Definition> {
    let named = |key: &str, requires: &[&str], label, table, expression| Decision {
        key: key.to_owned(),
        label,
        description: None,
        requires: requires.iter().map(|key| (*key).to_owned()).collect(),
        table,
        expression,
    };
    (data_types(), tables(), text(), data_types(), any::<bool>()).prop_map(
        move |(kind, table, label, given, names)| {
            let source = if names { "given" } else { "size([1]) == 1 ? null : null" }.to_owned();
            let literal = Literal { source, kind: given };
            Definition {
                label: "Test & more".to_owned(),
                description: label.clone(),
                inputs: vec![InputData { key: "given".to_owned(), label: label.clone(), kind }],
                decisions: vec![
                    named("top", &["given", "below"], label.clone(), Some(table), None),
                    named("below", &["given"], None, None, Some(literal)),
                ],
                result: names.then(|| "top".to_owned()),
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(definition in definitions()) {
        let xml = export(&definition).unwrap();
        let imported = import(&xml);
        prop_assert!(imported.is_ok(), "{imported:?} of {xml}");
        let imported = imported.unwrap();
        prop_assert_eq!(&imported.notes, &[]);
        prop_assert_eq!(imported.definition, definition, "{}", xml);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = import(&text);
    }

    #[test]
    fn documents_that_are_cut_and_mended_are_read_or_refused(
        cuts in prop::collection::vec((0_usize..LOAN.len(), 0_usize..40, "[<>&;/\"a-z ]{0,6}"), 1..6),
    ) {
        let mut xml = LOAN.to_owned();
        for (at, length, text) in cuts {
            let at = at.min(xml.len());
            let end = (at + length).min(xml.len());
            if xml.is_char_boundary(at) && xml.is_char_boundary(end) {
                xml.replace_range(at..end, &text);
            }
        }
        if let Ok(imported) = import(&xml) {
            let _ = compile(&imported.definition);
        }
    }
}

#[test]
fn what_xml_cannot_hold_is_not_written() {
    let definition = Definition {
        label: "a\u{1}".to_owned(),
        description: None,
        inputs: Vec::new(),
        decisions: Vec::new(),
        result: None,
    };
    assert_eq!(export(&definition).unwrap_err().code, "not_xml");
    assert_eq!(ScalarType::Duration.name(), "duration");
}
