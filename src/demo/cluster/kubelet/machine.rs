//! A node's own: its images, and the addresses of its pods.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::Kubelets;

/// Pods that one range of addresses has room for: 10.244.n.1 to 10.244.n.254.
const OF_A_RANGE: u32 = 254;

/// A node as its kubelet knows it.
#[derive(Debug, Default)]
pub(in super::super) struct Machine {
    /// Its ranges of pod addresses.
    ranges: Vec<u32>,
    /// The places in its ranges that are taken.
    taken: BTreeSet<u32>,
    /// The place that was given last: addresses come round before they are given again.
    last: Option<u32>,
    /// The images that it has.
    images: BTreeSet<Arc<str>>,
    /// Whether nothing is heard of it.
    lost: bool,
    /// How often it was lost.
    losses: u64,
}

impl Machine {
    /// Whether nothing is heard of it.
    pub(in super::super) const fn is_lost(&self) -> bool {
        self.lost
    }

    /// From now on nothing is heard of it. The number of this loss.
    pub(in super::super) const fn lose(&mut self) -> u64 {
        self.lost = true;
        self.losses += 1;
        self.losses
    }

    /// Whether it is still lost as it was then.
    pub(in super::super) const fn is_lost_since(&self, loss: u64) -> bool {
        self.lost && self.losses == loss
    }

    /// It is heard of again.
    pub(in super::super) const fn find(&mut self) {
        self.lost = false;
    }

    /// Whether it has an image.
    pub(super) fn has(&self, image: &str) -> bool {
        self.images.contains(image)
    }

    /// It has an image now.
    pub(super) fn got(&mut self, image: &Arc<str>) {
        self.images.insert(Arc::clone(image));
    }

    /// An address is free again.
    pub(super) fn free(&mut self, address: Ipv4Addr) {
        let [_, second, third, fourth] = address.octets();
        let range = (u32::from(second) - 244) * 256 + u32::from(third);
        if let Some(place) = self.ranges.iter().position(|own| *own == range) {
            let place = u32::try_from(place).unwrap_or_default();
            self.taken
                .remove(&(place * OF_A_RANGE + u32::from(fourth) - 1));
        }
    }
}

impl Kubelets {
    /// A node, known from now on, with its range of addresses.
    pub(in super::super) fn machine(&mut self, node: &Arc<str>) -> &mut Machine {
        let machine = self.machines.entry(Arc::clone(node)).or_default();
        if machine.ranges.is_empty() {
            machine.ranges.push(self.ranges);
            self.ranges += 1;
        }
        machine
    }

    /// The range of pod addresses of a node: `10.244.n.0/24`.
    pub(in super::super) fn range(&mut self, node: &Arc<str>) -> String {
        let first = self
            .machine(node)
            .ranges
            .first()
            .copied()
            .unwrap_or_default();
        format!("{}/24", address(first, 0))
    }

    /// The address of a node itself.
    pub(in super::super) fn host(&mut self, node: &Arc<str>) -> Ipv4Addr {
        let first = self
            .machine(node)
            .ranges
            .first()
            .copied()
            .unwrap_or_default();
        let [.., high, low] = (first + 10).to_be_bytes();
        Ipv4Addr::new(10, 0, high, low)
    }

    /// An address for a pod on a node. A node that is full gets another range: it may take more pods than
    /// a real one.
    pub(super) fn lease(&mut self, node: &Arc<str>) -> Ipv4Addr {
        let next = self.ranges;
        let machine = self.machine(node);
        let count = |machine: &Machine| {
            u32::try_from(machine.ranges.len()).unwrap_or_default() * OF_A_RANGE
        };
        if machine.taken.len() >= count(machine) as usize {
            machine.last = Some(count(machine) - 1);
            machine.ranges.push(next);
        }
        let room = count(machine);
        let mut place = machine.last.map_or(0, |last| (last + 1) % room);
        while !machine.taken.insert(place) {
            place = (place + 1) % room;
        }
        machine.last = Some(place);
        let range = machine.ranges.get((place / OF_A_RANGE) as usize).copied();
        if range == Some(next) {
            self.ranges = next + 1;
        }
        address(range.unwrap_or_default(), place % OF_A_RANGE + 1)
    }
}

fn address(range: u32, number: u32) -> Ipv4Addr {
    let [.., second, third] = (range + 244 * 256).to_be_bytes();
    let [.., fourth] = number.to_be_bytes();
    Ipv4Addr::new(10, second, third, fourth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_have_addresses_of_their_nodes_and_of_nobody_else() {
        let mut kubelets = Kubelets::default();
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        assert_eq!(kubelets.lease(&a), Ipv4Addr::new(10, 244, 0, 1));
        assert_eq!(kubelets.lease(&b), Ipv4Addr::new(10, 244, 1, 1));
        assert_eq!(kubelets.range(&b), "10.244.1.0/24");
        let mut seen: BTreeSet<Ipv4Addr> = (0..2000).map(|_| kubelets.lease(&a)).collect();
        assert_eq!(seen.len(), 2000);
        seen.extend((0..300).map(|_| kubelets.lease(&b)));
        assert_eq!(seen.len(), 2300);
        assert!(!seen.contains(&Ipv4Addr::new(10, 244, 0, 0)));
    }

    #[test]
    fn an_address_is_given_again_but_not_at_once() {
        let mut kubelets = Kubelets::default();
        let node: Arc<str> = "a".into();
        let first = kubelets.lease(&node);
        kubelets.machine(&node).free(first);
        let second = kubelets.lease(&node);
        assert_ne!(first, second);
        let rest: Vec<Ipv4Addr> = (0..253).map(|_| kubelets.lease(&node)).collect();
        assert!(rest.contains(&first) && !rest.contains(&second));
    }
}
