/** What `--help` shows after the options of each command. */
export const EXAMPLES = {
  program: `
Examples:
  stallscope                                   watch this machine (root)
  stallscope -p 4711 --probe iomap             one process, one probe
  stallscope record -o out.ndjson -d 10m       ten minutes into a file
  stallscope record -o out.ndjson -- make -j8  a command and its children
  stallscope replay out.ndjson                 watch it again, anywhere, without root
  stallscope --host db7                        another host, over ssh
  stallscope doctor                            what this host allows
  stallscope demo                              a real incident, recorded`,
  live: `
Examples:
  stallscope live
  stallscope live --comm 'qemu*' --probe iomap
  stallscope live --json -d 5s | jq .pids
  stallscope live -o out.ndjson -- ./reproduce.sh
  stallscope live --listen 9464
  stallscope live --push http://metrics:8428
  stallscope live --canary /var/spool/imap
  stallscope live --host root@db7 --probe iomap
  stallscope live --host db7,web1,nfs2
  stallscope live --host old1 --push-bpftrace ./bpftrace`,
  record: `
Examples:
  stallscope record -o out.ndjson -d 10m
  stallscope record -o day.ndjson.gz --keep 24h --max-size 2G
  stallscope record -o box.ndjson.gz --ring 30m --on any
  stallscope record -o out.ndjson --probe iomap,kswapd -p 4711
  stallscope record -o out.ndjson -- make -j8
  stallscope record --host db7 -o db7.ndjson -d 10m
  stallscope record --host db7 -o db7.ndjson --dry-run
  stallscope record --host db7,web1 -o out.ndjson      # out.db7.ndjson and out.web1.ndjson
  stallscope record -o out.ndjson --probe iomap --count find_allocation=uprobe:/usr/bin/qemu-system-x86_64:find_allocation`,
  replay: `
Examples:
  stallscope replay out.ndjson
  stallscope replay out.ndjson --from '3m ago' --speed 10
  stallscope replay out.ndjson --follow
  stallscope replay day.ndjson --freeze-after 1h
  stallscope replay out.db7.ndjson out.web1.ndjson
  stallscope replay out.ndjson --json | jq -c '.pids[]?'`,
  summary: `
Examples:
  stallscope summary out.ndjson
  stallscope summary out.ndjson --from 14:02 --to 14:10
  stallscope summary out.ndjson --json | jq '.pids[] | {pid, comm, metrics}'`,
  compare: `
Examples:
  stallscope compare out.ndjson --mark 'restarted QEMU' --window 5m
  stallscope compare out.ndjson --at 14:02
  stallscope compare yesterday.ndjson today.ndjson --json | jq '.changes[0]'`,
  report: `
Examples:
  stallscope report out.ndjson -o incident.html
  stallscope report out.ndjson.gz -o incident.html --redact
  stallscope report out.ndjson -o incident.html --mark 'restarted QEMU' --window 5m
  ssh host cat out.ndjson.gz | stallscope report - -o - > incident.html`,
  mark: `
Examples:
  stallscope mark out.ndjson 'restarted QEMU'
  stallscope mark out.ndjson 'users complained' --at 14:02`,
  redact: `
Examples:
  stallscope redact out.ndjson.gz -o share.ndjson.gz`,
  analyze: `
Examples:
  stallscope analyze out.ndjson
  stallscope analyze out.ndjson --json | jq '.findings[] | {id, suspect}'
  stallscope analyze out.ndjson --symptom psi.io.some_us
  stallscope analyze out.ndjson --symptom faults.major:4711
  stallscope analyze day.ndjson --freeze-after 1h
  stallscope analyze out.ndjson --digest`,
  export: `
Examples:
  stallscope export out.ndjson --format csv > out.csv
  stallscope export out.ndjson --format openmetrics | promtool tsdb create-blocks-from openmetrics /dev/stdin data
  stallscope export out.ndjson --format perfetto -o out.pftrace
  stallscope export out.ndjson --format csv --from 14:02 --to 14:10 --top 20 -o out.csv`,
  schema: `
Examples:
  stallscope schema summary > summary.schema.json
  stallscope schema record`,
  import: `
Examples:
  stallscope import sosreport-web-1.tar.xz -o web-1.ndjson
  stallscope import /var/log/messages /var/log/sa -o out.ndjson --timezone Europe/Berlin
  journalctl -k -o json | stallscope import - -o kernel.ndjson
  stallscope import metrics.csv -o out.ndjson      # begins with: time,metric,value[,pid,comm,kind]
  sadf -j /var/log/sysstat/sa21 -- -A > sa21.json; stallscope import sa21.json -o sa21.ndjson`,
  extents: `
Examples:
  stallscope extents /var/lib/libvirt/images
  stallscope extents /srv --include '*.qcow2' --include '*.raw' --json | jq '.files[0]'
  stallscope extents /srv/vm --timeout 2s --format openmetrics -o /var/lib/node_exporter/extents.prom
  stallscope extents /srv/vm --into extents.ndjson.gz; stallscope replay extents.ndjson.gz`,
  guard: `
Examples:
  stallscope guard --action drop-slab -o guard.ndjson          what it would do, and when
  stallscope guard --action drop-slab --action compact-memory --armed --listen 9464
  stallscope guard --action run --on seek-hole-storm --armed -- /usr/local/sbin/page-me
  stallscope guard --action signal:STOP --on page-cache-thrash --max-per-hour 1
  stallscope guard --action drop-slab --log                    by the kernel's log, up to Linux 6.8`,
  probes: `
Examples:
  stallscope probes list
  stallscope probes show iomap
  stallscope probes show iomap --variant iomap=kprobe`,
  doctor: `
Examples:
  stallscope doctor
  stallscope doctor --host db7
  stallscope doctor --json | jq -r .next
  stallscope doctor --bundle bundle.json; less bundle.json     for a report of a bug`,
  explain: `
Examples:
  stallscope explain
  stallscope explain seek-hole-storm | less`,
  demo: `
Examples:
  stallscope demo
  stallscope demo --list`,
  about: `
Examples:
  stallscope about man | man -l -
  stallscope about licences | less`,
  completions: `
Examples:
  stallscope completions bash > /etc/bash_completion.d/stallscope
  stallscope completions zsh > /usr/local/share/zsh/site-functions/_stallscope
  stallscope completions fish > ~/.config/fish/completions/stallscope.fish`,
} as const;
