//! Which conversation a request belongs to, and which turn comes next in it.
use super::request::Request;
use super::turn::Turn;
use std::collections::BTreeMap;

type Turns = Box<dyn Fn(&Request) -> Vec<Turn> + Send>;
type NthTurns = Box<dyn Fn(usize, &Request) -> Vec<Turn> + Send>;

/// What the model says in each conversation. Turns are computed for each request, so they may use its prompt and
/// the tool results so far; only the one that is due is sent.
#[derive(Default)]
pub(crate) struct Script {
    conversations: Vec<Turns>,
    otherwise: Option<NthTurns>,
    sessions: Vec<String>,
    /// How often each turn of each conversation was asked for.
    asked: BTreeMap<(usize, usize), usize>,
}

/// Starts a script.
pub(crate) fn script() -> Script {
    Script::default()
}

/// The turn that is due and where it stands.
pub(super) struct Due {
    pub(super) turn: Turn,
    /// Names the turn in ids: the same request gets the same answer.
    pub(super) name: String,
}

impl Script {
    /// Adds what is said in the next new conversation: the first call is for the first session seen, and so on.
    pub(crate) fn conversation(
        mut self,
        turns: impl Fn(&Request) -> Vec<Turn> + Send + 'static,
    ) -> Self {
        self.conversations.push(Box::new(turns));
        self
    }

    /// Says what happens in every conversation that is not scripted one by one; gets its number, from 0.
    pub(crate) fn every(
        mut self,
        turns: impl Fn(usize, &Request) -> Vec<Turn> + Send + 'static,
    ) -> Self {
        self.otherwise = Some(Box::new(turns));
        self
    }

    /// Finds the turn a request asks for, or says why there is none.
    pub(super) fn due(&mut self, request: &Request) -> Result<Due, String> {
        let nth = self.number(request.session());
        let turns = match (self.conversations.get(nth), &self.otherwise) {
            (Some(turns), _) => turns(request),
            (None, Some(turns)) => turns(nth, request),
            (None, None) => return Err(format!("conversation {nth} is not in the script")),
        };
        let index = request.turns();
        let mut turn = turns
            .into_iter()
            .nth(index)
            .ok_or_else(|| format!("conversation {nth} has no turn {index} in the script"))?;
        let asked = self.asked.entry((nth, index)).or_default();
        *asked += 1;
        turn.fault = turn.fault.filter(|fault| *asked <= fault.times);
        Ok(Due {
            turn,
            name: format!("{nth}_{index}"),
        })
    }

    fn number(&mut self, session: &str) -> usize {
        let known = self.sessions.iter().position(|known| known == session);
        known.unwrap_or_else(|| {
            self.sessions.push(session.to_owned());
            self.sessions.len() - 1
        })
    }
}
