//! That the check of the invariants finds what breaks them, and the reader of files what breaks the table.

use portolan::model::comparch::annotations::{Annotation, Annotations, Impact, Issue};
use portolan::model::comparch::element::Architectural;
use portolan::model::comparch::uid::Uid;
use portolan::model::comparch::{Architecture, project, validate};
use portolan::model::export::comparch::xmi;
use portolan::model::observation::NamespaceChoice;

use crate::file;
use crate::golden::shop;

/// What breaks an architecture.
type Breaks = fn(&mut Architecture);

fn first_required(
    architecture: &mut Architecture,
) -> &mut portolan::model::comparch::interface::RequiredInterface {
    let components = architecture
        .tenants
        .iter_mut()
        .flat_map(|t| &mut t.components);
    let mut required = components.flat_map(|c| &mut c.required_interfaces);
    required
        .find(|r| r.connector.is_some())
        .expect("one is connected")
}

#[test]
fn each_slip_is_found() {
    let whole = project(&shop(), &NamespaceChoice::All);
    assert_eq!(validate(&whole), Vec::new());
    let slips: [(&str, Breaks); 12] = [
        ("two elements have this uid", |a| {
            a.tenants[1].element.uid = a.tenants[0].element.uid.clone();
        }),
        ("which is not there", |a| {
            a.component_types[0]
                .instances
                .push(Uid::new("component", ["ghost"]));
        }),
        ("which does not lead back", |a| {
            a.component_types[0].instances.pop();
        }),
        ("providedInterfaceTypes names 0", |a| {
            a.component_types[0].provided_interface_types.clear();
        }),
        ("it contains 0 providedInterfaces", |a| {
            a.tenants[1].components[0].provided_interfaces.clear();
        }),
        ("target names a ComponentType", |a| {
            let wrong = a.component_types[0].element.uid.clone();
            if let Some(connector) = &mut first_required(a).connector {
                connector.target = wrong;
            }
        }),
        ("it joins interfaces of two types", |a| {
            let wrong = a
                .interface_types
                .iter()
                .map(|t| t.uid().clone())
                .collect::<Vec<_>>();
            let own = &mut first_required(a).interface.of;
            let other = wrong.into_iter().find(|uid| uid != own);
            *own = other.expect("there are two interface types");
        }),
        ("is not among its component type's", |a| {
            for ty in &mut a.component_types {
                ty.required_interface_types.clear();
            }
        }),
        ("names something twice", |a| {
            let again = a.component_types[0].instances[0].clone();
            a.component_types[0].instances.push(again);
        }),
        ("its type is of another component type", |a| {
            let components = a.tenants.iter_mut().flat_map(|t| &mut t.components);
            let (mut with, without): (Vec<_>, Vec<_>) =
                components.partition(|c| !c.parameters.is_empty());
            with[0].of = without[0].of.clone();
        }),
        ("its method is of another interface type", |a| {
            let methods = a
                .interface_types
                .iter()
                .flat_map(|t| &t.method_specifications);
            let methods: Vec<Uid> = methods.map(|m| m.uid().clone()).collect();
            let components = a.tenants.iter_mut().flat_map(|t| &mut t.components);
            let mut provided = components.flat_map(|c| &mut c.provided_interfaces);
            let stats = provided.find_map(|p| p.performance_stats.first_mut());
            let method = &mut stats.expect("something was measured").method;
            let prefix = |uid: &Uid| uid.as_str().split("__http").next().map(str::to_owned);
            let other = methods.iter().find(|m| prefix(m) != prefix(method));
            *method = other.expect("there are two").clone();
        }),
        ("it contains 0 impacts", |a| {
            a.annotations = Some(Annotations {
                uid: Uid::new("annotations", []),
                issues: vec![Issue {
                    annotation: Annotation {
                        uid: Uid::new("issue", ["1"]),
                        ..Annotation::default()
                    },
                    ..Issue::default()
                }],
                ..Annotations::default()
            });
        }),
    ];
    for (what, slip) in slips {
        let mut broken = whole.clone();
        slip(&mut broken);
        let found: Vec<String> = validate(&broken).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|f| f.contains(what)), "{what}: {found:#?}");
        // The table alone says nothing of what the classes mean to each other.
        if ["names", "uid", "contains"]
            .iter()
            .any(|word| what.contains(word))
        {
            let (_, wrong) = file::read(&xmi(&broken));
            assert!(!wrong.is_empty(), "the table shows: {what}");
        }
    }
}

#[test]
fn annotations_fit_too() {
    let mut architecture = project(&shop(), &NamespaceChoice::All);
    let impact = Uid::new("impact", ["1"]);
    architecture.tenants[1].components[0].element.issue_impacts = vec![impact.clone()];
    let element = architecture.tenants[1].components[0].uid().clone();
    let annotation = |uid| Annotation {
        uid,
        kind: "CF1".into(),
        ..Annotation::default()
    };
    architecture.annotations = Some(Annotations {
        uid: Uid::new("annotations", []),
        issues: vec![Issue {
            annotation: annotation(Uid::new("issue", ["1"])),
            utility_drop: 0.5,
            impacts: vec![Impact {
                annotation: annotation(impact),
                architectural_element: element,
            }],
            ..Issue::default()
        }],
        ..Annotations::default()
    });
    assert_eq!(validate(&architecture), Vec::new());
    assert_eq!(file::read(&xmi(&architecture)).1, Vec::<String>::new());
}
