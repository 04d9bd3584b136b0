#!/bin/sh
# The demo's sources and its consumer's subscription; what is there already stays.
set -eu
newswire sources apply --keep /demo/sources.toml
newswire subscriptions show stories >/dev/null 2>&1 ||
    newswire subscriptions add stories --from-start --after enriched --set broker="$(cat /run/consumer/redis_url)" --set task=stories.receive --set queue=stories
