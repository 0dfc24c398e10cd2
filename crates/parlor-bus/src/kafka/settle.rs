//! Ending deliveries. What is settled is committed by the consumer's thread a moment later.

use super::consume::Shared;
use super::dead;
use async_trait::async_trait;
use parlor_ports::PortResult;
use parlor_ports::bus::{Delivery, DeliveryToken, Settler, Verdict};
use std::sync::Arc;

/// Settles the deliveries of one subscription, whatever partitions it has at the moment.
pub(super) struct KafkaSettler {
    pub(super) shared: Arc<Shared>,
}

#[async_trait]
impl Settler for KafkaSettler {
    async fn settle(&self, ends: Vec<(Delivery, Verdict)>) -> PortResult<()> {
        let mut doomed = Vec::new();
        {
            let mut lanes = self.shared.lanes.lock();
            for (delivery, verdict) in ends {
                match verdict {
                    Verdict::Ack => lanes.acknowledge(delivery.token),
                    Verdict::Release => lanes.release(delivery.token),
                    Verdict::DeadLetter(reason) => {
                        if let Some(parcel) = lanes.parcel(delivery.token) {
                            doomed.push((delivery, parcel, reason));
                        }
                    }
                }
            }
        }
        self.tell();
        if doomed.is_empty() {
            return Ok(());
        }
        let tokens: Vec<DeliveryToken> = doomed.iter().map(|(d, ..)| d.token).collect();
        let kept = dead::keep(&self.shared.core, doomed).await;
        let mut outcome = Ok(());
        {
            let mut lanes = self.shared.lanes.lock();
            for (token, kept) in tokens.into_iter().zip(kept) {
                match kept {
                    Ok(()) => lanes.acknowledge(token),
                    Err(error) => {
                        lanes.release(token);
                        outcome = Err(error);
                    }
                }
            }
        }
        self.tell();
        outcome
    }
}

impl KafkaSettler {
    fn tell(&self) {
        self.shared.came.notify_one();
        self.shared.moved.notify_all();
    }
}
