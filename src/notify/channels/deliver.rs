//! Delivers to a channel of any kind.
use super::reach::{Parcel, Reach, not_now};
use super::{chat, command, desktop, ntfy, telegram, webhook};
use crate::notify::policy::Delivery;
use crate::plan::{Channel, Target};

impl Reach<'_> {
    /// Delivers to a channel.
    pub fn deliver(&self, channel: &Channel, parcel: &Parcel<'_>) -> Delivery {
        let delivered = match &channel.target {
            Target::Telegram(target) => telegram::deliver(self, target, parcel),
            Target::Desktop => Ok(desktop::deliver(self.vars, parcel)),
            Target::Slack { url } => chat::slack(self, url, parcel),
            Target::Discord { url } => chat::discord(self, url, parcel),
            Target::Ntfy {
                url,
                topic,
                token,
                priority,
                answer_url,
            } => {
                let address = ntfy::Address {
                    url,
                    topic,
                    token: token.as_ref(),
                    priority: *priority,
                    answer_url: answer_url.as_deref(),
                };
                ntfy::deliver(self, &address, parcel)
            }
            Target::Webhook { url, token } => webhook::deliver(self, url, token.as_ref(), parcel),
            Target::Command { argv } => Ok(command::deliver(self.vars, argv, parcel)),
        };
        not_now(delivered)
    }
}
