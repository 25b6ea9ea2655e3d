#!/bin/sh
# One screen of the video wall: runs the browser and watches its page. Copy to /usr/local/lib/, mode 755; needs curl.
#   wall-screen.sh <profile folder> <address> [further switches of Chromium]
#
# A page that crashed leaves a browser that lives on, with a sad face in it, for ever. The page of a screen counts the
# frames it has drawn in its title, which the browser tells at its DevTools address; when the count stands still the
# browser is ended, and this with it. systemd starts both again.
set -u
profile=$1
address=$2
shift 2

# A page draws many frames a second, and writes its title once a second.
patience_s=6
# Starting, or an address that does not answer: nothing has been counted yet.
start_patience_s=60

# The lock of a browser that was killed names its machine; after a change of the machine's name nobody could take it over.
rm -f "$profile/DevToolsActivePort" "$profile"/Singleton*
"${CHROMIUM:-/usr/bin/chromium}" --kiosk --app="$address" --user-data-dir="$profile" \
  --remote-debugging-address=127.0.0.1 --remote-debugging-port=0 \
  --noerrdialogs --disable-session-crashed-bubble --hide-crash-restore-bubble --no-first-run \
  --disable-features=Translate --disable-component-update --disable-sync \
  --enable-precise-memory-info --disable-background-timer-throttling --disable-renderer-backgrounding --disable-backgrounding-occluded-windows \
  --autoplay-policy=no-user-gesture-required --enable-unsafe-swiftshader \
  "$@" &
browser=$!
trap 'kill "$browser" 2>/dev/null; exit 143' INT TERM

# The counts that the pages in the browser show at present.
count() {
  port=$(head -n 1 "$profile/DevToolsActivePort" 2>/dev/null) || return 0
  curl --silent --max-time 1 "http://127.0.0.1:$port/json/list" | sed -n 's/.*"title": ".*(\([0-9][0-9]*\))".*/\1/p'
}

before=''
still_s=0
allowed_s=$start_patience_s
while kill -0 "$browser" 2>/dev/null; do
  sleep 1
  now=$(count)
  if [ -n "$now" ] && [ "$now" != "$before" ]; then
    before=$now
    still_s=0
    allowed_s=$patience_s
  else
    still_s=$((still_s + 1))
  fi
  if [ "$still_s" -ge "$allowed_s" ]; then
    echo "the page has drawn nothing for $still_s s: the browser is started again" >&2
    kill -KILL "$browser"
    break
  fi
done
wait "$browser" 2>/dev/null
exit 1
