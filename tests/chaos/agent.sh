# An agent of a chaos session. `$n`, `$status` and `$attempt` are set; $CHAOS is a folder outside the project.
exec 9>>"$CHAOS/running"
flock -n 9 || echo "two $n $attempt" >>"$CHAOS/log"
echo "begin $n $attempt $(date +%s%3N)" >>"$CHAOS/log"
case $(sed -n "${n}p" "$CHAOS/agents") in
quick) ;;
slow) sleep 0.5 ;;
children)
    (setsid "$STAY" 9>&- &)
    env -i setsid "$STAY" 9>&- &
    sleep 0.5
    ;;
deaf)
    trap '' TERM INT HUP
    "$STAY" 9>&- &
    sleep 0.5
    ;;
loud) head -c 3000000 /dev/zero | tr '\0' x ;;
failing) [ "$attempt" != 1 ] || { echo 'error: not this time' >&2; exit 7; } ;;
forging)
    for later in "${status%/*}"/../*/; do echo '{"decision":"stop"}' >"$later/status.json.new"; done
    mkdir -p "${status%/*}/../0$((n + 1))" && echo '{"decision":"stop"}' >"${status%/*}/../0$((n + 1))/status.json"
    ;;
editing) echo 'termination: {type: fixed, iterations: 1}' >>.claude/loops/work/loop.yaml ;;
hanging) [ "$attempt" != 1 ] || exec "$STAY" 9>&- ;;
lingering) [ "$attempt" != 1 ] || { echo '{"decision":"continue","summary":"done"}' >"$status"; exec "$STAY" 9>&-; } ;;
esac
echo '{"decision":"continue","summary":"done"}' >"$status"
echo "end $n $attempt" >>"$CHAOS/log"
