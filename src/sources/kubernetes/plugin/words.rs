//! The words that complaints about signing in are made of: where a credential may be near, only these are shown.

/// Words of the language and of the matter, in lower case. None of them is anybody's secret, unless it stands
/// where only a secret stands.
const LANGUAGE: &str = "
    a about above access accepted account accounts active actively add address after again all allowed already also
    an and another any api app application are argument arguments as asked at attempt attempts audience auth
    authenticate authenticated authenticating authentication authority authorization authorize authorized aws az
    azure back bad be because been before being below body both broken browser but by cache cached call called can
    can't cannot canceled cancelled certificate certificates change changed check claim claims cli client clients
    closed cloud cluster code command comes config configuration configure configured connect connected connection
    connections consent contact contains context cookie corrupt could couldn't create created credential credentials
    current currently data deadline decode decrypt default denied device did didn't different directory disabled
    does doesn't domain don't due during either email empty enabled encountered end endpoint ended ensure enter
    environment eof error errors exceeded exception exec executable execute executing exist exists exit exited expected
    expire expired expires expiry external failed failing failure fatal few fetch fetching field file files flag flow
    folder for forbidden format found from gcloud generate get getting given go got grant had handshake has hasn't have
    header help here host hours how however http https id identity if in incorrect info information input instead
    interaction interactive interactively internal into invalid is isn't issue issued issuer it its json keep key
    keyring keys kubeconfig kubectl kubelogin last later launch limit line listed load loading local locked log
    logged login logout longer look machine make malformed many match may me message metadata method mfa minutes
    missing mode more multi multifactor must name need needed needs network new newer next no none not nothing now oauth
    obtain occurred of off old on once one only open operation option or organization otherwise our out output own
    page parameter parse parsing pass passphrase passwd password path permission permissions permitted pin please
    plugin policy port possible post prefix present previous problem process profile prompt prompted provide provided
    provider proxy rate reached read reading reason reauthenticate reauthentication received redirect refresh
    refreshed refreshing refused region registered reject rejected remote renew renewed reply report request requested
    requests required requires reset resource response retrieve retrieving retry return returned returns role root run
    running same scope seconds secret security see seems send sent server service session set setup should sign
    signature signed signin since some specified specify sso start started state status still stopped store stored
    storage string subject succeeded such support supported sure system take temporarily tenant terminal than that the
    their then there these they this those time timed timeout tls to token tokens too tried try trying type
    unable unauthorized unavailable unexpected unknown unmarshal unreachable unset unsupported until up update
    url us use used user username uses using valid validate value values variable verification verify version via
    visit wait waiting want warning was wasn't way we web were what when where which while who will window with within
    without won't work wrong x509 today yesterday yet you your
    bearer basic digest authorisation assertion saml jwt otp csrf cookies passcode nonce cred creds pwd pw secrets
    passwords apikey authtoken
";

/// What names a secret wherever it is in a word.
const NAMES: [&str; 22] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "bearer",
    "authori",
    "assert",
    "credential",
    "cookie",
    "session",
    "key",
    "jwt",
    "saml",
    "signature",
    "nonce",
    "cipher",
    "private",
    "verifier",
    "csrf",
    "otp",
    "begin",
    "sensitive",
];
/// What names one as a whole word only: it is in others by chance.
const SHORT: [&str; 14] = [
    "auth",
    "basic",
    "code",
    "cred",
    "creds",
    "digest",
    "negotiate",
    "pat",
    "pin",
    "pw",
    "sid",
    "sas",
    "sig",
    "state",
];

/// Whether it is a word that everybody uses; of several, `client_secret` or `accessToken`, each.
pub(super) fn is_plain(word: &str) -> bool {
    let parts = parts(word);
    let is_known = |part: &String| LANGUAGE.split_ascii_whitespace().any(|known| known == part);
    !parts.is_empty() && parts.len() <= 4 && parts.iter().all(is_known)
}

/// Whether a text speaks of a secret anywhere, so that one may be near: by its name, or as an option's value.
pub(super) fn names_secret(text: &str) -> bool {
    let lower = text.to_lowercase();
    if NAMES.iter().any(|name| lower.contains(name)) {
        return true;
    }
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    words.any(|word| {
        is_short_option(word)
            || parts(word)
                .iter()
                .any(|part| SHORT.contains(&part.as_str()))
    })
}

/// `-p x` and `-px`: what it stands for is not known.
fn is_short_option(word: &str) -> bool {
    let rest = word.strip_prefix('-').unwrap_or_default();
    rest.starts_with(char::is_alphabetic)
}

/// The parts of a compound, in lower case.
fn parts(word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut lower_before = false;
    for c in word.chars() {
        if "-_./".contains(c) || lower_before && c.is_uppercase() {
            parts.push(String::new());
        }
        lower_before = c.is_lowercase();
        if let (false, Some(last)) = ("-_./".contains(c), parts.last_mut()) {
            last.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
