//! The fields of what is read of protobuf, as far as kubectl's commands fill them. The numbers are those of
//! the `generated.proto` files of the Kubernetes API, which never change.

/// How a field is read.
#[derive(Clone, Copy)]
pub(super) enum As {
    Text,
    Int,
    Flag,
    Message(Fields),
    Texts,
    Messages(Fields),
    /// From texts to texts.
    Pairs,
    /// From texts to quantities.
    Quantities,
    /// A port by its number or name.
    Port,
    /// The server's own business.
    Ignored,
}

/// Number, name and form of the fields of a message.
pub(super) type Fields = &'static [(u64, &'static str, As)];

pub(super) const META: Fields = &[
    (1, "name", As::Text),
    (2, "generateName", As::Text),
    (3, "namespace", As::Text),
    (6, "resourceVersion", As::Text),
    (8, "creationTimestamp", As::Ignored),
    (11, "labels", As::Pairs),
    (12, "annotations", As::Pairs),
    (
        13,
        "ownerReferences",
        As::Messages(&[
            (1, "kind", As::Text),
            (3, "name", As::Text),
            (4, "uid", As::Text),
            (5, "apiVersion", As::Text),
            (6, "controller", As::Flag),
            (7, "blockOwnerDeletion", As::Flag),
        ]),
    ),
];
/// What an object is.
pub(super) const TYPE: Fields = &[(1, "apiVersion", As::Text), (2, "kind", As::Text)];
pub(super) const PAIR: Fields = &[(1, "key", As::Text), (2, "value", As::Text)];
pub(super) const QUANTITY: Fields = &[
    (1, "key", As::Text),
    (2, "value", As::Message(&[(1, "string", As::Text)])),
];
const SELECTOR: Fields = &[
    (1, "matchLabels", As::Pairs),
    (
        2,
        "matchExpressions",
        As::Messages(&[
            (1, "key", As::Text),
            (2, "operator", As::Text),
            (3, "values", As::Texts),
        ]),
    ),
];
const CONTAINER: Fields = &[
    (1, "name", As::Text),
    (2, "image", As::Text),
    (3, "command", As::Texts),
    (4, "args", As::Texts),
    (5, "workingDir", As::Text),
    (
        6,
        "ports",
        As::Messages(&[
            (1, "name", As::Text),
            (2, "hostPort", As::Int),
            (3, "containerPort", As::Int),
            (4, "protocol", As::Text),
        ]),
    ),
    (
        7,
        "env",
        As::Messages(&[(1, "name", As::Text), (2, "value", As::Text)]),
    ),
    (
        8,
        "resources",
        As::Message(&[
            (1, "limits", As::Quantities),
            (2, "requests", As::Quantities),
        ]),
    ),
    (13, "terminationMessagePath", As::Text),
    (14, "imagePullPolicy", As::Text),
    (20, "terminationMessagePolicy", As::Text),
];
const TEMPLATE: Fields = &[
    (1, "metadata", As::Message(META)),
    (
        2,
        "spec",
        As::Message(&[
            (2, "containers", As::Messages(CONTAINER)),
            (3, "restartPolicy", As::Text),
            (4, "terminationGracePeriodSeconds", As::Int),
            (6, "dnsPolicy", As::Text),
            (7, "nodeSelector", As::Pairs),
            (19, "schedulerName", As::Text),
        ]),
    ),
];
const JOB: Fields = &[
    (1, "parallelism", As::Int),
    (2, "completions", As::Int),
    (6, "template", As::Message(TEMPLATE)),
    (7, "backoffLimit", As::Int),
    (9, "completionMode", As::Text),
    (10, "suspend", As::Flag),
    (14, "podReplacementPolicy", As::Text),
];
const DEPLOYMENT: Fields = &[
    (1, "replicas", As::Int),
    (2, "selector", As::Message(SELECTOR)),
    (3, "template", As::Message(TEMPLATE)),
    (4, "strategy", As::Message(&[(1, "type", As::Text)])),
];
const CRON_JOB: Fields = &[
    (1, "schedule", As::Text),
    (3, "concurrencyPolicy", As::Text),
    (4, "suspend", As::Flag),
    (
        5,
        "jobTemplate",
        As::Message(&[
            (1, "metadata", As::Message(META)),
            (2, "spec", As::Message(JOB)),
        ]),
    ),
];
const SERVICE: Fields = &[
    (
        1,
        "ports",
        As::Messages(&[
            (1, "name", As::Text),
            (2, "protocol", As::Text),
            (3, "port", As::Int),
            (4, "targetPort", As::Port),
            (5, "nodePort", As::Int),
        ]),
    ),
    (2, "selector", As::Pairs),
    (3, "clusterIP", As::Text),
    (4, "type", As::Text),
    (10, "externalName", As::Text),
];
const AUTOSCALER: Fields = &[
    (
        1,
        "scaleTargetRef",
        As::Message(&[
            (1, "kind", As::Text),
            (2, "name", As::Text),
            (3, "apiVersion", As::Text),
        ]),
    ),
    (2, "minReplicas", As::Int),
    (3, "maxReplicas", As::Int),
    (
        4,
        "metrics",
        As::Messages(&[
            (1, "type", As::Text),
            (
                4,
                "resource",
                As::Message(&[
                    (1, "name", As::Text),
                    (
                        2,
                        "target",
                        As::Message(&[(1, "type", As::Text), (4, "averageUtilization", As::Int)]),
                    ),
                ]),
            ),
        ]),
    ),
];
const ACCESS: Fields = &[
    (
        1,
        "resourceAttributes",
        As::Message(&[
            (1, "namespace", As::Text),
            (2, "verb", As::Text),
            (3, "group", As::Text),
            (4, "version", As::Text),
            (5, "resource", As::Text),
            (6, "subresource", As::Text),
            (7, "name", As::Text),
        ]),
    ),
    (
        2,
        "nonResourceAttributes",
        As::Message(&[(1, "path", As::Text), (2, "verb", As::Text)]),
    ),
];
pub(super) const DELETE_OPTIONS: Fields = &[
    (1, "gracePeriodSeconds", As::Int),
    (
        2,
        "preconditions",
        As::Message(&[(1, "uid", As::Text), (2, "resourceVersion", As::Text)]),
    ),
    (3, "orphanDependents", As::Flag),
    (4, "propagationPolicy", As::Text),
    (5, "dryRun", As::Texts),
];

/// The fields of a kind's `spec`.
pub(super) fn spec(kind: &str) -> Option<Fields> {
    Some(match kind {
        "Deployment" => DEPLOYMENT,
        "Job" => JOB,
        "CronJob" => CRON_JOB,
        "Service" => SERVICE,
        "HorizontalPodAutoscaler" => AUTOSCALER,
        "SelfSubjectAccessReview" => ACCESS,
        "SelfSubjectRulesReview" => &[(1, "namespace", As::Text)],
        "Namespace" | "SelfSubjectReview" => &[],
        _ => return None,
    })
}
