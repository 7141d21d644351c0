use super::*;

const MINUTE: i64 = 60_000;

fn judge() -> Judge {
    Judge::new(60_000, 86_400_000)
}

fn links(calls: u64) -> Vec<Link> {
    if calls == 0 {
        return Vec::new();
    }
    vec![Link {
        caller: "a".into(),
        callee: "b".into(),
        calls,
        errors: 0,
    }]
}

fn sampled(calls: u64, is_whole: bool, new: usize) -> Sampled {
    Sampled {
        calls,
        is_whole,
        new,
    }
}

/// Asks as the source does, for some minutes: every 5 s, 15 s and 60 s. The functions give, by the time in
/// ms, what the server says of the short and of the long window, and what the traces tell.
fn watch(
    judge: &mut Judge,
    (begin, minutes): (i64, i64),
    short: impl Fn(i64) -> u64,
    long: impl Fn(i64) -> u64,
    traces: impl Fn(i64) -> Option<Sampled>,
) {
    let mut end = begin;
    while end < begin + minutes * MINUTE {
        if end % MINUTE == 0 {
            judge.long(end, &links(long(end)));
        }
        judge.short(end, &links(short(end)));
        if end % 15_000 == 0
            && let Some(told) = traces(end)
        {
            judge.sampled(told);
        }
        end += 5_000;
    }
}

#[test]
fn the_same_day_in_both_windows_is_told_even_without_traces() {
    let mut judge = judge();
    watch(&mut judge, (0, 2), |_| 46_800, |_| 46_800, |_| None);
    assert!(!judge.is_daily(), "two windows have not passed");
    watch(
        &mut judge,
        (2 * MINUTE, 2),
        |_| 46_800,
        |_| 46_800,
        |_| None,
    );
    assert!(judge.is_daily());
}

#[test]
fn two_days_in_the_long_window_are_told_by_traces_that_contradict() {
    let mut few = judge();
    let told = |_| Some(sampled(40, true, 10));
    watch(&mut few, (0, 4), |_| 20_000, |_| 66_800, told);
    assert!(few.is_daily());
    // Today's were not counted yet: calls that the server does not know.
    let mut none = judge();
    watch(&mut none, (0, 4), |_| 0, |_| 46_800, told);
    assert!(none.is_daily());
    // More traces than can be looked at.
    let mut many = judge();
    let told = |_| Some(sampled(300, false, 50));
    watch(&mut many, (0, 4), |_| 20_000, |_| 66_800, told);
    assert!(many.is_daily());
}

#[test]
fn a_days_calls_are_doubted_long_before_they_are_told() {
    let mut judge = judge();
    let told = |_| Some(sampled(40, true, 10));
    watch(&mut judge, (0, 1), |_| 20_000, |_| 66_800, told);
    assert!(judge.is_doubtful() && !judge.is_daily());
    let mut same = self::judge();
    same.long(0, &links(46_800));
    same.short(0, &links(46_800));
    same.sampled(sampled(40, true, 10));
    assert!(same.is_doubtful());
    // A burst that leaves the window between two questions is no reason yet.
    let mut burst = self::judge();
    burst.short(0, &links(100));
    burst.sampled(sampled(0, true, 0));
    assert!(!burst.is_doubtful());
}

#[test]
fn a_days_calls_beside_those_of_a_minute_are_doubted_at_once() {
    for (told, counted, is_doubted) in [(5_000, 30, true), (250, 30, false), (5_000, 0, false)] {
        let mut judge = judge();
        judge.short(0, &links(told));
        judge.long(0, &links(told + 7));
        judge.sampled(sampled(counted, true, 0));
        assert_eq!(judge.is_doubtful(), is_doubted, "{told} beside {counted}");
    }
    // Where not all traces are known, a small count of ours tells nothing.
    let mut judge = judge();
    judge.short(0, &links(5_000));
    judge.sampled(sampled(30, false, 0));
    assert!(!judge.is_doubtful());
}

#[test]
fn an_idle_a_small_and_a_regular_system_are_no_such_case() {
    // Nothing since the start, or since an hour.
    for long in [0, 900] {
        let mut idle = judge();
        let told = |_| Some(sampled(0, true, 0));
        watch(&mut idle, (0, 60), |_| 0, |_| long, told);
        assert!(!idle.is_daily());
    }
    // All calls of a day within the last minute, and then no more.
    let mut burst = judge();
    let short = |end| if end < MINUTE { 80 } else { 0 };
    let told = |end| Some(sampled(short(end), true, 0));
    watch(&mut burst, (0, 10), short, |_| 80, told);
    assert!(!burst.is_daily());
    // One call a minute, by a clock; with and without traces to be looked at.
    let grown = |end: i64| u64::try_from(end / MINUTE).unwrap_or(0) + 1;
    for told in [None, Some(sampled(1, true, 1))] {
        let mut regular = judge();
        watch(&mut regular, (0, 600), |_| 1, grown, |_| told);
        assert!(!regular.is_daily());
    }
    // A thousand a minute, by a clock, of which all are known.
    let mut busy = judge();
    let told = |_| Some(sampled(1_000, true, 250));
    watch(
        &mut busy,
        (0, 60),
        |_| 1_000,
        |end| grown(end) * 1_000,
        told,
    );
    assert!(!busy.is_daily());
    // Windows of nearly the same length tell the same.
    let mut near = Judge::new(60_000, 120_000);
    watch(&mut near, (0, 60), |_| 7, |_| 7, |_| None);
    assert!(!near.is_daily());
}

#[test]
fn a_count_that_lags_is_not_a_day() {
    // Reporters send late: the server and the traces both know of it when they do.
    let mut judge = judge();
    let calls = |end: i64| u64::try_from(end / 5_000 % 7).unwrap_or(0) + 20;
    let told = |end| Some(sampled(calls(end) + 3, true, 5));
    watch(&mut judge, (0, 60), calls, |_| 9_000, told);
    assert!(!judge.is_daily());
}

#[test]
fn it_stays_when_the_job_has_run_and_ends_when_counts_move_again() {
    let mut judge = judge();
    let told = |_| Some(sampled(40, true, 10));
    watch(&mut judge, (0, 4), |_| 20_000, |_| 66_800, told);
    assert!(judge.is_daily());
    watch(&mut judge, (4 * MINUTE, 4), |_| 21_500, |_| 68_300, told);
    assert!(judge.is_daily(), "the job has run once more");
    // Another server, which counts at once: it begins with nothing.
    let calls = |end: i64| u64::try_from((end - 8 * MINUTE) / 5_000).unwrap_or(0);
    let counted = |end| Some(sampled(calls(end), true, 3));
    watch(&mut judge, (8 * MINUTE, 2), calls, calls, counted);
    assert!(!judge.is_daily());
    // Or one that has nothing at all.
    watch(&mut judge, (10 * MINUTE, 4), |_| 500, |_| 900, told);
    assert!(judge.is_daily());
    let nothing = |_| Some(sampled(0, true, 0));
    watch(&mut judge, (14 * MINUTE, 2), |_| 0, |_| 0, nothing);
    assert!(!judge.is_daily());
}
