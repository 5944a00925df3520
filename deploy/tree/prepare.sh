#!/bin/sh
# Makes the folders of all nodes of the tree in compose.yaml: keys and sites by a first start, then
# what each needs of the others.
#
#   prepare.sh FOLDER SUBNET        for example: prepare.sh /var/lib/nameplate 172.30.88
#
# Once: a folder that was prepared stays as it is.
set -eu
tree=$1
subnet=$2
here=$(dirname "$0")

[ -e "$tree/prepared" ] && exit 0

# The configuration of a node, for this subnet.
configuration() {
    sed "s/172\.30\.88\./$subnet./" "$here/$1.toml"
}

# Starts a node until it is ready: its files are there then, and it stops in good order.
first_start() {
    nameplate serve --data "$tree/$1" > "$tree/$1/first-start.txt" &
    node=$!
    until grep -qs '^ready' "$tree/$1/first-start.txt"; do
        kill -0 "$node" || exit 1
        sleep 0.1
    done
    kill -TERM "$node"
    wait "$node"
    rm "$tree/$1/first-start.txt"
}

for name in root second-1 second-2 enterprise recursive; do
    mkdir -p "$tree/$name"
    if [ "$name" = recursive ]; then
        cp "$tree/root/bootstrap_handles" "$tree/recursive/bootstrap_handles.root"
    fi
    configuration "$name" > "$tree/$name/nameplate.toml"
    first_start "$name"
done

members="top-1 top-2 top-3 top-4 top-5 recovery-6 recovery-7"
for name in $members; do
    mkdir -p "$tree/$name/members"
    number=${name#*-}
    configuration member \
        | sed -e "s/^member = .*/member = $number/" \
              -e "s/^public_addresses = .*/public_addresses = [\"$subnet.1$number\"]/" \
        > "$tree/$name/whole.toml"
    sed '/^\[registry\]/,$d' "$tree/$name/whole.toml" > "$tree/$name/nameplate.toml"
    first_start "$name"
done
for name in $members; do
    for other in $members; do
        cp "$tree/$other/siteinfo.json" "$tree/$name/members/${other#*-}.json"
    done
    cp "$tree/top-1/admpub.bin" "$tree/$name/registry-admin.bin"
    mv "$tree/$name/whole.toml" "$tree/$name/nameplate.toml"
    nameplate registry found "$tree/$name"
done
touch "$tree/prepared"
