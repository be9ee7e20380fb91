//! Any program: the prompt on stdin, the answer as plain text on stdout. One that the user's settings declare may take its
//! prompt otherwise, be told of a model and permissions, and speak as Claude Code does.
use super::InvocationContext;
use crate::plan::{AgentSpec, Declared, PromptDelivery};

/// Stands for the prompt, or the path of its file.
const PROMPT: &str = "{prompt}";

/// Returns the arguments as the definition gives them: no shell reads them.
pub(super) fn args(spec: &AgentSpec, call: &InvocationContext<'_>) -> Vec<String> {
    let Some(declared) = &spec.declared else {
        return spec.args.clone();
    };
    let mut args = declared.args.clone();
    args.extend(
        declared
            .permissions
            .get(&spec.permissions)
            .into_iter()
            .flatten()
            .cloned(),
    );
    if !declared.model_flag.is_empty() {
        args.extend(super::model::flag(&declared.model_flag, &spec.model));
    }
    args.extend(spec.args.iter().cloned());
    with_prompt(args, declared, call)
}

fn with_prompt(
    mut args: Vec<String>,
    declared: &Declared,
    call: &InvocationContext<'_>,
) -> Vec<String> {
    let prompt = match declared.prompt {
        PromptDelivery::Stdin => return args,
        PromptDelivery::File => call.prompt_file.as_str(),
        PromptDelivery::Argument => call.prompt,
    };
    if !args.iter().any(|arg| arg.contains(PROMPT)) {
        args.push(PROMPT.to_owned());
    }
    args.iter().map(|arg| arg.replace(PROMPT, prompt)).collect()
}
