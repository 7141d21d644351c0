//! What a container's configuration refers to: ConfigMaps, Secrets, fields. Of Secrets there is only the name.

use serde::Deserialize;

/// Where a variable's value comes from.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct ValueFrom {
    pub(in super::super) field_ref: Option<FieldRef>,
    #[serde(rename = "resourceFieldRef")]
    pub(in super::super) resource: Option<ResourceRef>,
    pub(in super::super) config_map_key_ref: Option<KeyRef>,
    pub(in super::super) secret_key_ref: Option<KeyRef>,
}

/// A field of the pod itself.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct FieldRef {
    pub(in super::super) field_path: Option<String>,
}

/// A resource of a container.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct ResourceRef {
    pub(in super::super) resource: Option<String>,
}

/// A key of a ConfigMap or a Secret.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct KeyRef {
    pub(in super::super) name: Option<String>,
    pub(in super::super) key: Option<String>,
}

/// All keys of a ConfigMap or a Secret as variables.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct EnvFrom {
    pub(in super::super) prefix: Option<String>,
    pub(in super::super) config_map_ref: Option<NameRef>,
    pub(in super::super) secret_ref: Option<NameRef>,
}

/// An object by name.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct NameRef {
    pub(in super::super) name: Option<String>,
}

/// Where a container has a volume.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct VolumeMount {
    pub(in super::super) name: Option<String>,
    pub(in super::super) mount_path: Option<String>,
    pub(in super::super) sub_path: Option<String>,
}

/// A volume; of kinds only those that hold configuration are read.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Volume {
    pub(in super::super) name: Option<String>,
    pub(in super::super) config_map: Option<Files>,
    pub(in super::super) secret: Option<Files>,
    pub(in super::super) projected: Option<Projected>,
}

/// The keys of a ConfigMap or a Secret as files.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Files {
    // A volume of its own calls a Secret so, a projected one calls it `name`.
    pub(in super::super) secret_name: Option<String>,
    pub(in super::super) name: Option<String>,
    pub(in super::super) items: Option<Vec<File>>,
}

/// One key as a file.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct File {
    pub(in super::super) key: Option<String>,
    pub(in super::super) path: Option<String>,
}

/// Several sources in one volume.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Projected {
    pub(in super::super) sources: Option<Vec<Projection>>,
}

/// One of them.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(in super::super) struct Projection {
    pub(in super::super) config_map: Option<Files>,
    pub(in super::super) secret: Option<Files>,
}
