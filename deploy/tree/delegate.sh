#!/bin/sh
# Has the nodes of the tree in compose.yaml name each other, and registers the first thing.
#
#   delegate.sh FOLDER SUBNET        for example: delegate.sh /var/lib/nameplate 172.30.88
#
# Once: what was delegated stays.
set -eu
tree=$1
subnet=$2

[ -e "$tree/delegated" ] && exit 0

# Says something to a node, again while it does not listen yet or nobody leads: TRIES times.
say() {
    name=$1 host=$2 identity=$3
    shift 3
    tries=0
    until nameplate "$@" --server "$subnet.$host:2641" --as "$identity" \
        --key "$tree/$name/admpriv.bin" --site-key "$tree/$name/siteinfo.json"; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || exit 1
        sleep 1
    done
}

# The value with a node's site, by index and type.
site() {
    printf '%s %s %s' "$2" "$3" "$tree/$1/siteinfo.json"
}

# The root names the seven.
set --
for name in top-1 top-2 top-3 top-4 top-5 recovery-6 recovery-7; do
    number=${name#*-}
    set -- "$@" --value-file "$(site "$name" "$number" HS_SITE)" \
        --value-file "$(site "$name" "1$number" HS_SITE.PREFIX)"
done
say root 10 300:0.NA/0.NA register 0.NA/88 "$@"

# They agree on who is below; each is home to its prefix.
for number in 1 2; do
    prefix=88.11$((7 + number))
    say top-1 11 300:0.NA/88 register "0.NA/$prefix" \
        --value-file "$(site "second-$number" 1 HS_SITE)" \
        --value-file "$(site "second-$number" 2 HS_SITE.PREFIX)"
    say "second-$number" "2$number" 300:0.NA/0.NA home "$prefix"
done
say second-1 21 300:0.NA/0.NA register 0.NA/88.118.7 \
    --value-file "$(site enterprise 1 HS_SITE)"
say enterprise 31 300:0.NA/0.NA home 88.118.7
say enterprise 31 300:0.NA/0.NA register 88.118.7/pump --value '1 URL https://example.org/pump'
touch "$tree/delegated"
