/* SPDX-License-Identifier: ISC */

/* The table of wrappers, from their man pages. */

#include "gate/policy/wrapper-table.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/array.h"
#include "gate/policy/known-names.h"
#include "gate/policy/program-name.h"

enum {
	ALWAYS = WRAPPER_ALWAYS,
	ANY = WRAPPER_ALWAYS | WRAPPER_ANY,
	HIDES = WRAPPER_HIDES,
	VERBS = WRAPPER_VERBS,
	DASHES = WRAPPER_DASHES,
	JOINS = WRAPPER_JOINS,
	MARKED = WRAPPER_MARKED,
};

#define DOCKER "docker podman nerdctl"
#define KUBECTL "kubectl oc k3s-kubectl microk8s.kubectl"
#define NPM "npm pnpm"
#define CONDA "conda mamba micromamba"

#define SETARCH_OPTIONS                                                                          \
	"-B --32bit -F --fdpic-funcptrs -I --short-inode -L --addr-compat-layout -R "            \
	"--addr-no-randomize -S --whole-seconds -T --sticky-timeouts -X --read-implies-exec -Z " \
	"--mmap-page-zero -3 --3gb --4gb --uname-2.6 -v --verbose"

#define DOCKER_RUN_OPTIONS                                                                        \
	"-d --detach -i --interactive -t --tty -P --publish-all -q --quiet --init --privileged "  \
	"--read-only --rm --sig-proxy --oom-kill-disable --no-healthcheck "                       \
	"--disable-content-trust --tls-verify --replace --rmi --no-hosts --env-host "             \
	"--unsetenv-all -a= --attach= -c= --cpu-shares= -e= --env= -h= --hostname= -l= --label= " \
	"-m= --memory= -p= --publish= -u= --user= -v= --volume= -w= --workdir= --add-host= "      \
	"--annotation= --blkio-weight= --blkio-weight-device= --cap-add= --cap-drop= "            \
	"--cgroup-parent= --cgroupns= --cidfile= --cpu-count= --cpu-percent= --cpu-period= "      \
	"--cpu-quota= --cpu-rt-period= --cpu-rt-runtime= --cpus= --cpuset-cpus= --cpuset-mems= "  \
	"--detach-keys= --device= --device-cgroup-rule= --device-read-bps= --device-read-iops= "  \
	"--device-write-bps= --device-write-iops= --dns= --dns-option= --dns-search= "            \
	"--domainname= --entrypoint^ --env-file= --expose= --gpus= --group-add= --health-cmd! "   \
	"--health-interval= --health-retries= --health-start-interval= --health-start-period= "   \
	"--health-timeout= --ip= --ip6= --ipc= --isolation= --kernel-memory= --label-file= "      \
	"--link= --link-local-ip= --log-driver= --log-opt= --mac-address= --memory-reservation= " \
	"--memory-swap= --memory-swappiness= --mount= --name= --net= --network= "                 \
	"--network-alias= --oom-score-adj= --pid= --pids-limit= --platform= --pull= --restart= "  \
	"--runtime= --security-opt= --shm-size= --stop-signal= --stop-timeout= --storage-opt= "   \
	"--sysctl= --tmpfs= --ulimit= --userns= --uts= --volume-driver= --volumes-from= "         \
	"--authfile= --gidmap= --uidmap= --secret= --systemd= --timeout= --tz= --umask= "         \
	"--unsetenv= --pod= --arch= --os= --variant="

#define DOCKER_EXEC_OPTIONS                                                             \
	"-d --detach -i --interactive -t --tty --privileged --detach-keys= -e= --env= " \
	"--env-file= -u= --user= -w= --workdir="

#define NPM_EXEC_OPTIONS \
	"-y --yes --no -q --quiet --no-install --ignore-existing -p= --package= -c! --call!"

/* Without -M, of which autossh takes a value. */
#define SSH_OPTIONS                                                                        \
	"-4 -6 -A -a -C -f -g -K -k -N -n -q -T -t -V -v -X -x -Y -y -B= -b= -c= -D= -E= " \
	"-e= -F= -I= -i= -J= -L= -l= -m= -O= -o~ -p= -R= -S= -W= -w="

#define UV_OPTIONS                                                                    \
	"-q --quiet -v --verbose -n --no-cache --offline --no-progress --native-tls " \
	"--no-config --directory@ --project= --cache-dir= --config-file= --color="

/* Sorted by name within each kind. */
static const struct wrapper wrappers[] = {
	{ "aa-exec", NULL, ALWAYS, 0,
		"-p= --profile= -n= --namespace= -i --immediate -d --debug -v --verbose" },
	{ "adb", NULL, VERBS, 0, "-a -d -e -s= -t= -H= -P= -L=" },
	{ "adb", "shell|exec-out|exec-in", JOINS | WRAPPER_ASSIGNS, 0, "-n -x -T -t" },
	{ "apptainer singularity", NULL, VERBS, 0, "-d --debug -q --quiet -s --silent" },
	{ "apptainer singularity", "exec|run", 0, 1, NULL },
	{ "autossh", NULL, JOINS | WRAPPER_ASSIGNS, 1, "-M= " SSH_OPTIONS },
	{ "aws-vault", NULL, VERBS, 0, "--debug --backend= --prompt=" },
	{ "aws-vault", "exec", DASHES, 1, "-d= --duration= -n --no-session --region= -s --server" },
	{ "buildah", NULL, VERBS, 0, NULL },
	{ "buildah", "run", DASHES, 1, NULL },
	{ "buildah", "unshare", 0, 0, "-m= --mount=" },
	{ "bun", NULL, VERBS, 0, "--cwd@" },
	{ "bun", "x", 0, 0, NPM_EXEC_OPTIONS },
	{ "bun", "exec", JOINS | WRAPPER_ASSIGNS, 0, NULL },
	{ "bundle", NULL, VERBS, 0, NULL },
	{ "bundle", "exec", 0, 0, "--keep-file-descriptors --gemfile=" },
	{ "busybox toybox", NULL, ALWAYS, 0, NULL },
	{ "bwrap bubblewrap", NULL, ALWAYS, 0,
		"--unshare-user --unshare-user-try --unshare-ipc --unshare-pid --unshare-net "
		"--unshare-uts --unshare-cgroup --unshare-cgroup-try --unshare-all --share-net "
		"--userns= --userns2= --disable-userns --assert-userns-disabled --pidns= --uid= "
		"--gid= --hostname= --chdir@ --setenv== --unsetenv= --clearenv --lock-file= "
		"--sync-fd= --perms= --size= --bind== --bind-try== --dev-bind== --dev-bind-try== "
		"--ro-bind== --ro-bind-try== --remount-ro= --proc= --dev= --tmpfs= --mqueue= "
		"--dir= --file== --bind-data== --ro-bind-data== --symlink== --chmod== --seccomp= "
		"--add-seccomp-fd= --exec-label= --file-label= --block-fd= --userns-block-fd= "
		"--info-fd= --json-status-fd= --new-session --die-with-parent --as-pid-1 "
		"--cap-add= --cap-drop=" },
	{ "ccache distcc sccache", NULL, ALWAYS | WRAPPER_ASSIGNS, 0, NULL },
	{ "choom", NULL, ALWAYS, 0, "-n= --adjust=" },
	{ "chpst", NULL, ALWAYS, 0,
		"-u= -U= -b= -e= -/= -n= -l= -L= -m= -d= -o= -p= -f= -c= -t= -v -P -0 -1 -2" },
	{ "chronic", NULL, ALWAYS, 0, "-e -v" },
	{ "chroot", NULL, ALWAYS | WRAPPER_ROOT, 1, "--groups= --userspec= --skip-chdir" },
	{ "chrt", NULL, ALWAYS | WRAPPER_NUMBER, 1,
		"-b --batch -d --deadline -f --fifo -i --idle -o --other -r --rr -R "
		"--reset-on-fork -T= --sched-runtime= -P= --sched-period= -D= --sched-deadline= -v "
		"--verbose" },
	{ "command", NULL, ALWAYS, 0, "-p" },
	{ CONDA, NULL, VERBS, 0, NULL },
	{ CONDA, "run", 0, 0,
		"-n= --name= -p= --prefix= --no-capture-output --live-stream --cwd@" },
	{ "coreutils", NULL, ALWAYS, 0, "--coreutils-prog> --coreutils-prog-shebang>" },
	{ "cpulimit", NULL, ALWAYS, 0,
		"-l= --limit= -b --background -f --foreground -q --quiet -k --kill -m "
		"--monitor-forks -v --verbose -z --lazy" },
	{ "crictl", NULL, VERBS, 0, "-c= --config= -D --debug -r= --runtime-endpoint=" },
	{ "crictl", "exec", 0, 1, "-i --interactive -t --tty -s --sync" },
	{ "dbus-run-session", NULL, ALWAYS, 0, "--config-file= --dbus-daemon^" },
	{ "devbox hatch pixi rye", NULL, VERBS, 0, "-q --quiet -v --verbose" },
	{ "devbox hatch pixi rye", "run", 0, 0, NULL },
	{ "direnv", NULL, VERBS, 0, NULL },
	{ "direnv", "exec", 0, 1, NULL },
	{ "distrobox", NULL, VERBS, 0, NULL },
	{ "distrobox", "enter", DASHES, WRAPPER_MANY, "-n= --name= -e> --exec>" },
	{ "distrobox-enter", NULL, DASHES, WRAPPER_MANY, "-n= --name= -e> --exec>" },
	{ DOCKER, NULL, VERBS, 0,
		"--config= -c= --context= -D --debug -H= --host= -l= --log-level= --tls "
		"--tlscacert= --tlscert= --tlskey= --tlsverify" },
	{ DOCKER, "container|compose", VERBS, 0,
		"-f= --file= -p= --project-name= --project-directory= --profile= --env-file=" },
	{ DOCKER, "run|create|container run|container create", 0, 1, DOCKER_RUN_OPTIONS },
	{ DOCKER, "exec|container exec", 0, 1, DOCKER_EXEC_OPTIONS },
	{ DOCKER, "unshare", 0, 0, "--rootless-netns" },
	{ DOCKER, "compose run|compose exec", 0, 1,
		"-d --detach -T --no-TTY --rm --no-deps --privileged --service-ports --build -e= "
		"--env= -u= --user= -w= --workdir= -v= --volume= -l= --label= --name= --index= "
		"--entrypoint^" },
	{ "docker-compose podman-compose", NULL, VERBS, 0,
		"-f= --file= -p= --project-name= --project-directory= --profile= --env-file=" },
	{ "docker-compose podman-compose", "run|exec", 0, 1,
		"-d --detach -T --rm --no-deps --privileged --service-ports -e= -u= --user= -w= "
		"--workdir= -v= --volume= -l= --label= --name= --index= --entrypoint^" },
	{ "doppler dotenvx infisical op", NULL, VERBS, 0, NULL },
	{ "doppler dotenvx infisical op", "run", 0, 0,
		"-f= -e= --env= --env-file= -p= --project= -c= --config= --no-masking --command!" },
	{ "doas", NULL, ALWAYS, 0, "-n -s -u=" },
	{ "dpkg-architecture", NULL, MARKED, 0, "-c! --command!" },
	{ "dumb-init", NULL, ALWAYS, 0, "-c --single-child -r= --rewrite= -v --verbose" },
	{ "eatmydata", NULL, ALWAYS, 0, NULL },
	{ "entr", NULL, ANY | HIDES | JOINS, 0, NULL },
	{ "env", NULL, ALWAYS | WRAPPER_ASSIGNS, 0,
		"- -i --ignore-environment -0 --null -u= --unset= -C@ --chdir@ -S! "
		"--split-string! --block-signal? --default-signal? --ignore-signal? "
		"--list-signal-handling -v --debug -a= --argv0= -P= -L= -U=" },
	{ "envdir setuidgid envuidgid s6-setuidgid gosu su-exec", NULL, ALWAYS, 1, NULL },
	{ "eval", NULL, ALWAYS | HIDES | JOINS | WRAPPER_ASSIGNS, 0, NULL },
	{ "exec", NULL, ALWAYS, 0, "-c -l -a=" },
	{ "fakechroot", NULL, ALWAYS, 0,
		"-s --use-system-libs -l= --lib= -d= --elfloader= -e= --environment= -c= "
		"--config-dir= -b= --bindir=" },
	{ "fakeroot", NULL, ALWAYS, 0, "-l= --lib= --faked^ -i= -s= -u --unknown-is-real" },
	{ "faketime", NULL, ALWAYS, 1, "-m -f --exclude-monotonic --date-prog^" },
	{ "find", NULL, ALWAYS | MARKED | WRAPPER_ENDS | WRAPPER_WORDS, 0,
		"-exec> -execdir> -ok> -okdir>" },
	{ "flatpak", NULL, VERBS, 0, "--user --system -v --verbose --installation=" },
	{ "flatpak", "run", MARKED, 0, "--command^" },
	{ "flatpak", "enter", 0, 1, NULL },
	{ "flatpak-spawn", NULL, ALWAYS, 0,
		"--host --clear-env --env= --directory@ --sandbox --no-network --latest-version "
		"--watch-bus --forward-fd=" },
	{ "flock", NULL, ALWAYS | WRAPPER_STRINGS, 1,
		"-s --shared -x -e --exclusive -n --nb --nonblock -u --unlock -w= --wait= "
		"--timeout= -E= --conflict-exit-code= -o --close -c! --command! -F --no-fork "
		"--verbose" },
	{ "fnm", NULL, VERBS, 0, NULL },
	{ "fnm", "exec", 0, 0, "--using=" },
	{ "gcloud", NULL, MARKED, 0, "--command!" },
	{ "gdb gdb-multiarch", NULL, WRAPPER_WORDS, 0,
		"-q -quiet --quiet -batch --batch -nx --nx -n -nh --nh -args --args -silent "
		"--silent -ex! --ex! -iex! --iex! -eval-command! --eval-command! -cd= --cd= -d= "
		"-directory= --directory=" },
	{ "git", NULL, VERBS, 0,
		"-C@ -c~ --git-dir= --work-tree= --namespace= --exec-path! -p --paginate -P "
		"--no-pager --no-replace-objects --bare --literal-pathspecs --glob-pathspecs "
		"--noglob-pathspecs --icase-pathspecs --no-optional-locks --no-lazy-fetch "
		"--no-advice --super-prefix= --config-env= --attr-source= --html-path --man-path "
		"--info-path --version --help -v -h" },
	{ "git", "bisect", VERBS, 0, NULL },
	{ "git", "bisect run", 0, 0, NULL },
	{ "git", "submodule", VERBS, 0, "-q --quiet --cached" },
	{ "git", "submodule foreach", JOINS | WRAPPER_ASSIGNS, 0, "--recursive -q --quiet" },
	{ "git", "rebase", MARKED, 0, "-i -k -q -v -n -m -x! --exec!" },
	{ "git", "difftool", MARKED, 0, "-x! --extcmd!" },
	{ "git", "fetch|pull|ls-remote|archive|push|send-pack|fetch-pack|remote", MARKED, 0,
		"--upload-pack^ --receive-pack^ --exec^" },
	{ "git", "clone", MARKED, 0, "-u^ --upload-pack^ -c~ --config~" },
	{ "git", "grep", MARKED, 0, "-O! --open-files-in-pager!" },
	{ "git", "filter-branch", MARKED, 0,
		"--setup! --env-filter! --tree-filter! --index-filter! --parent-filter! "
		"--msg-filter! --commit-filter! --tag-name-filter!" },
	{ "git", "send-email", MARKED, 0,
		"--sendmail-cmd! --smtp-server! --to-cmd! --cc-cmd! --header-cmd!" },
	{ "git", "daemon", MARKED, 0, "--access-hook^" },
	{ "git", "instaweb", MARKED, 0, "-d^ --httpd^ -b^ --browser^" },
	{ "guix", NULL, VERBS, 0, NULL },
	{ "guix", "shell|environment", DASHES, WRAPPER_MANY, NULL },
	{ "homectl", NULL, VERBS, 0, NULL },
	{ "homectl", "with", 0, 1, NULL },
	{ "ifne", NULL, ALWAYS, 0, "-n" },
	{ "ionice", NULL, ALWAYS, 0, "-c= --class= -n= --classdata= -t --ignore" },
	{ "ip", NULL, VERBS | WRAPPER_WORDS, 0, "-4 -6 -n= -netns= -d -s -o -j -p -br -c" },
	{ "ip", "n|ne|net|netn|netns|vr|vrf", VERBS, 0, NULL },
	{ "ip", "n e*|ne e*|net e*|netn e*|netns e|netns ex|netns exe|netns exec|vr e*|vrf e*", 0,
		1, NULL },
	{ KUBECTL, NULL, VERBS, 0,
		"-n= --namespace= --context= --cluster= --kubeconfig= --user= -s= --server= "
		"--token= --request-timeout= --insecure-skip-tls-verify -v=" },
	{ KUBECTL, "exec|rsh", DASHES, 1,
		"-c= --container= -i --stdin -t --tty -T --no-tty -q --quiet -n= --namespace= "
		"--context= --kubeconfig= --pod-running-timeout=" },
	{ KUBECTL, "run", DASHES, 1,
		"-i --stdin -t --tty --rm --command -q --quiet --attach --image= "
		"--image-pull-policy= --restart= -n= --namespace= --context= --kubeconfig= --env= "
		"-l= --labels= --port= --overrides= --annotations=" },
	{ KUBECTL, "debug", DASHES, WRAPPER_MANY, NULL },
	{ "ld-2*.so ld-linux*.so* ld-musl*.so* ld.so ld64.so", NULL, ALWAYS, 0,
		"--list --verify --inhibit-cache --library-path= --inhibit-rpath= --audit= "
		"--preload= --argv0= --glibc-hwcaps-prepend= --glibc-hwcaps-mask=" },
	{ "lima", NULL, 0, 0, NULL },
	{ "limactl", NULL, VERBS, 0, "--debug --tty=" },
	{ "limactl", "shell", 0, 1, "--workdir= --shell^" },
	{ "lxc incus", NULL, VERBS, 0, NULL },
	{ "lxc incus", "exec", DASHES, 1,
		"-t --force-interactive -T --force-noninteractive -n --disable-stdin --cwd= --env= "
		"--user= --group= --mode= --project=" },
	{ "machinectl", NULL, VERBS, 0,
		"-q --quiet --uid= -E= --setenv= -H= --host= -M= --machine= --no-pager "
		"--no-ask-password --no-legend" },
	{ "machinectl", "shell", 0, 1,
		"-q --quiet --uid= -E= --setenv= -H= --host= -M= --machine=" },
	{ "man", NULL, MARKED, 0,
		"-a -c -d -D -f -k -K -l -t -u -w -W -Z -7 -C= -e= -E= -I= -L= -m= -M= -p= -r= -R= "
		"-s= -S= -P^ --pager^" },
	{ "mise", NULL, VERBS, 0, "-C@ --cd@ -q --quiet -v --verbose -y --yes" },
	{ "mise", "exec|x", DASHES, WRAPPER_MANY,
		"-c! --command! -j= --jobs= --raw -C@ --cd@ -q --quiet -v --verbose -y --yes" },
	{ "mosh", NULL, DASHES, 1, "--ssh! -p= --port= -4 -6 -a -n --predict=" },
	{ "mangohud", NULL, ALWAYS, 0, "--dlsym" },
	{ "multipass", NULL, VERBS, 0, NULL },
	{ "multipass", "exec", DASHES, 1,
		"-d= --working-directory= -n --no-map-working-directory" },
	{ "nice", NULL, ALWAYS, 0, "-n= --adjustment= -#" },
	{ "nix", NULL, VERBS, 0, "--extra-experimental-features= --experimental-features=" },
	{ "nix", "shell|develop", MARKED, 0, "-c> --command> --unpack! --phase!" },
	{ "nix-shell", NULL, MARKED, 0, "--run! --command!" },
	{ "nocache", NULL, ALWAYS, 0, "-n=" },
	{ "nohup pgrphack tsocks torify", NULL, ALWAYS, 0, NULL },
	{ NPM, NULL, VERBS, 0, "-s --silent -q --quiet -y --yes -C= --prefix=" },
	{ NPM, "exec|x|dlx", 0, 0, NPM_EXEC_OPTIONS },
	{ "npx bunx pnpx", NULL, 0, 0, NPM_EXEC_OPTIONS },
	{ "nsenter", NULL, ALWAYS, 0,
		"-a --all -t= --target= -m? --mount? -u? --uts? -i? --ipc? -n? --net? -p? --pid? "
		"-C? --cgroup? -U? --user? -T? --time? -S= --setuid= -G= --setgid= "
		"--preserve-credentials -r? --root? -w? --wd? -F --no-fork -Z --follow-context" },
	{ "numactl", NULL, ALWAYS, 0,
		"-a --all -i= --interleave= -m= --membind= -N= --cpunodebind= -C= --physcpubind= "
		"-l --localalloc -b --balancing --preferred= --preferred-many=" },
	{ "opam", NULL, VERBS, 0, NULL },
	{ "opam", "exec", DASHES, 0, "--switch=" },
	{ "pipenv poetry pdm", NULL, VERBS, 0,
		"-q --quiet -v --verbose -n --no-interaction --ansi --no-ansi -C@ --directory@ -P= "
		"--no-plugins --no-cache" },
	{ "pipenv poetry pdm", "run", 0, 0, NULL },
	{ "pipx", NULL, VERBS, 0, NULL },
	{ "pipx", "run", DASHES, 0, "--spec= --python= -q --quiet --verbose --no-cache" },
	{ "pkexec", NULL, ALWAYS, 0, "--user= --disable-internal-agent --keep-cwd" },
	{ "prlimit", NULL, ALWAYS, 0,
		"-c? --core? -d? --data? -e? --nice? -f? --fsize? -i? --sigpending? -l? --memlock? "
		"-m? --rss? -n? --nofile? -q? --msgqueue? -r? --rtprio? -s? --stack? -t? --cpu? "
		"-u? --nproc? -v? --as? -x? --locks? -y? --rttime? --noheadings --raw --verbose" },
	{ "proxychains", NULL, ALWAYS, 0, "-q -f=" },
	{ "rbenv pyenv nodenv asdf", NULL, VERBS, 0, NULL },
	{ "rbenv pyenv nodenv asdf", "exec", 0, 0, NULL },
	{ "reflex", NULL, 0, 0,
		"-a --all -c= --config= -d= --decoration= -g= --glob= -G= --inverse-glob= -r= "
		"--regex= -R= --inverse-regex= -e --sequential -s --start-service --substitute= "
		"-t= --shutdown-timeout= -v --verbose" },
	{ "retry", NULL, ALWAYS, 0, "-d= --delay= -m= --message= -t= --times= -u= --until=" },
	{ "run0", NULL, ALWAYS, 0,
		"-u= --user= -g= --group= --unit= --property~ --description= --slice= "
		"--slice-inherit --nice= -D@ --chdir@ --setenv= --background= --pty --pipe "
		"--machine= --no-ask-password" },
	{ "rg", NULL, MARKED, 0, "--pre^ --hostname-bin^" },
	{ "rr", NULL, VERBS, 0, NULL },
	{ "rr", "record", 0, 0, NULL },
	{ "rsh remsh rsh-redone-rsh netkit-rsh lsh", NULL, JOINS | WRAPPER_ASSIGNS, 1,
		"-4 -6 -d -n -l= -K -x" },
	{ "rsync", NULL, MARKED, 0,
		"-v -q -c -a -r -R -b -u -d -l -L -k -K -H -p -E -A -X -o -g -D -t -U -N -O -J -S "
		"-n -W -x -y -C -F -8 -h -P -i -z -I -m -s -0 -4 -6 -f= -B= -T= -M= -e^ --rsh^ "
		"--rsync-path^" },
	{ "runc crun runsc youki", NULL, VERBS, 0,
		"--debug --log= --log-format= --root= --systemd-cgroup --rootless=" },
	{ "runc crun runsc youki", "exec", 0, 1,
		"--console-socket= --cwd= -e= --env= -t --tty -u= --user= -d --detach --pid-file= "
		"--apparmor= --no-new-privs -c= --cap= --cgroup=" },
	{ "rustup", NULL, VERBS, 0, "-q --quiet -v --verbose" },
	{ "rustup", "+*", VERBS, 0, "-q --quiet -v --verbose" },
	{ "rustup", "run|+* run", 0, 1, "--install" },
	{ "s6-envdir", NULL, ALWAYS, 1, "-I -i -n -f -c -L" },
	{ "s6-setlock", NULL, ALWAYS, 1, "-n -N -r -w -t=" },
	{ "s6-applyuidgid", NULL, ALWAYS, 0, "-z -u= -g= -G= -U" },
	{ "s6-softlimit", NULL, ALWAYS, 0, NULL },
	{ "s6-setsid", NULL, ALWAYS, 0, "-s -b -f -F -i -I -q -Q" },
	{ "setlock", NULL, ALWAYS, 1, "-n -N -x -X" },
	{ "sg", NULL, ALWAYS | HIDES | JOINS | WRAPPER_ASSIGNS, 1, "- -l -c!" },
	{ "softlimit", NULL, ALWAYS, 0, "-a= -c= -d= -f= -l= -m= -o= -p= -r= -s= -t=" },
	{ "schedtool", NULL, MARKED, 0, "-e>" },
	{ "screen", NULL, 0, 0,
		"-A -a -D -d -i -m -O -q -U -4 -6 -c= -e= -h= -p= -s^ -S= -T= -t= -X!" },
	{ "setpriv", NULL, ALWAYS, 0,
		"--nnp --no-new-privs --ambient-caps= --inh-caps= --bounding-set= --ruid= --euid= "
		"--rgid= --egid= --reuid= --regid= --clear-groups --keep-groups --init-groups "
		"--groups= --securebits= --pdeathsig= --selinux-label= --apparmor-profile= "
		"--reset-env" },
	{ "setsid", NULL, ALWAYS, 0, "-c --ctty -f --fork -w --wait" },
	{ "linux32 linux64 i386 x86_64 uname26", NULL, ALWAYS, 0, SETARCH_OPTIONS },
	{ "sops", NULL, VERBS, 0, NULL },
	{ "sops", "exec-env|exec-file", JOINS | WRAPPER_ASSIGNS, 1, "--background --user=" },
	{ "sort", NULL, MARKED, 0, "-k= -t= -o= -S= -T= --compress-program^" },
	{ "ssh", NULL, JOINS | WRAPPER_ASSIGNS, 1, "-M " SSH_OPTIONS },
	{ "ssh-agent", NULL, ALWAYS, 0, "-c -s -D -d -a= -E= -O= -P= -t=" },
	{ "sshpass", NULL, ALWAYS, 0, "-f= -d= -p= -P= -e -v" },
	{ "stdbuf", NULL, ALWAYS, 0, "-i= --input= -o= --output= -e= --error=" },
	{ "strace", NULL, ALWAYS, 0,
		"-A --output-append-mode -C --summary -c --summary-only -D -d --debug -F -f "
		"--follow-forks -i --instruction-pointer -n --syscall-number -k --stack-traces -q "
		"-r -t -T -v --no-abbrev -w --summary-wall-clock -x -y -Y -z --successful-only -Z "
		"--failed-only --output-separately --seccomp-bpf -I= --interruptible= -b= "
		"--detach-on= -e= --trace= --signal= --status= --inject= --fault= -O= "
		"--summary-syscall-overhead= -S= --summary-sort-by= -U= --summary-columns= -a= "
		"--columns= -o~ --output~ -P= --trace-path= -s= --string-limit= -u= --user= -E= "
		"--env= -X= --const-print-style=" },
	{ "sudo", NULL, ALWAYS | WRAPPER_ASSIGNS, 0,
		"-A --askpass -B --bell -b --background -C= --close-from= -D@ --chdir@ -E "
		"--preserve-env? -g= --group= -H --set-home --host= -i --login -K "
		"--remove-timestamp -k --reset-timestamp -N --no-update -n --non-interactive -P "
		"--preserve-groups -p= --prompt= -R= --chroot= -r= --role= -S --stdin -s --shell "
		"-t= --type= -U= --other-user= -T= --command-timeout= -u= --user= -v --validate" },
	{ "systemd-cat", NULL, ALWAYS, 0,
		"-t= --identifier= -p= --priority= --stderr-priority= --level-prefix= "
		"--namespace=" },
	{ "systemd-dissect", NULL, MARKED, 0, "--with>" },
	{ "systemd-inhibit", NULL, ALWAYS, 0,
		"--what= --who= --why= --mode= --no-pager --no-legend --no-ask-password" },
	{ "systemd-nspawn", NULL, ALWAYS, 0,
		"-q --quiet --settings= -D= --directory= --template= -x --ephemeral -i= --image= "
		"--read-only --volatile? -a --as-pid2 -b --boot --chdir= -E= --setenv= -u= --user= "
		"--kill-signal= -M= --machine= --hostname= --uuid= -S= --slice= --register= "
		"--keep-unit --private-users= -U --private-network --network-interface= -n "
		"--network-veth --network-bridge= --network-zone= -p= --port= --capability= "
		"--drop-capability= --rlimit= --resolv-conf= --timezone= --link-journal= -j "
		"--bind= --bind-ro= --tmpfs= --overlay= --overlay-ro= --console= -P --pipe "
		"--no-pager" },
	{ "systemd-run", NULL, ALWAYS, 0,
		"-p~ --property~ -u= --unit= --description= --slice= --slice-inherit -r "
		"--remain-after-exit --send-sighup --service-type= --uid= --gid= --nice= "
		"--working-directory@ -d --same-dir -E= --setenv= -t --pty -P --pipe -S --shell -q "
		"--quiet --on-active= --on-boot= --on-startup= --on-unit-active= "
		"--on-unit-inactive= --on-calendar= --on-clock-change --on-timezone-change "
		"--path-property~ --socket-property~ --timer-property~ --no-block --wait -G "
		"--collect --user --system -H= --host= -M= --machine= --scope --no-ask-password "
		"--expand-environment=" },
	{ "systemd-socket-activate", NULL, ALWAYS, 0,
		"-l= --listen= -a --accept -d --datagram --seqpacket --inetd -E= --setenv= "
		"--fdname=" },
	{ "tar bsdtar", NULL, MARKED, 0,
		"-A -a -B -c -d -G -h -i -j -J -k -l -m -M -n -O -o -p -P -r -R -s -S -t -u -U -v "
		"-w -W -x -z -Z -b= -C= -f= -g= -H= -K= -L= -N= -T= -V= -X= -I^ "
		"--use-compress-program^ --to-command^ -F^ --info-script^ --new-volume-script^ "
		"--rsh-command^ --rmt-command^ --checkpoint-action~" },
	{ "taskset", NULL, ALWAYS | WRAPPER_NUMBER, 1, "-a --all-tasks -c --cpu-list" },
	{ "time", NULL, ALWAYS, 0,
		"-f= --format= -o= --output= -a --append -p --portability -v --verbose -q "
		"--quiet" },
	{ "timeout", NULL, ALWAYS | WRAPPER_NUMBER, 1,
		"-f --foreground -p --preserve-status -v --verbose -k= --kill-after= -s= "
		"--signal=" },
	{ "tini tini-static", NULL, ALWAYS, 0, "-s -g -v -w -p= -e=" },
	{ "tmux", NULL, VERBS | WRAPPER_OTHERS, 0, "-2 -C -D -l -N -u -v -f= -L= -S= -T= -c!" },
	{ "tmux",
		"a|at|attach*|ls|list-*|kill-*|has|has-session|rename*|select*|show*|display|"
		"display-message|capture-pane|capturep|switch-client|switchc|detach*|info|"
		"start-server|resize*|next*|prev*|last*|swap*|set-environment|setenv",
		MARKED, 0, NULL },
	{ "tmux", "new|new-session", JOINS, 0,
		"-A -d -D -E -P -X -c= -e= -f= -F= -n= -s= -t= -x= -y=" },
	{ "tmux", "neww|new-window", JOINS, 0, "-a -b -d -k -P -S -c= -e= -F= -n= -t=" },
	{ "tmux", "splitw|split-window", JOINS, 0, "-b -d -f -h -I -v -P -Z -c= -e= -l= -t= -F=" },
	{ "toolbox", NULL, VERBS, 0, NULL },
	{ "toolbox", "run", 0, 0, "-c= --container= -d= --distro= -r= --release= --preserve-fds=" },
	{ "tox", NULL, VERBS, 0, "-c= --conf= -q -v --workdir= --root=" },
	{ "tox", "exec", DASHES, WRAPPER_MANY, NULL },
	{ "torsocks", NULL, ALWAYS, 0,
		"-u= --user= -p= --pass= -a= --address= -P= --port= -i --isolate -d --debug -q "
		"--quiet" },
	{ "trace-cmd", NULL, VERBS, 0, NULL },
	{ "trace-cmd", "record|start|stream|profile|extract", 0, 0, NULL },
	{ "uclampset", NULL, ALWAYS, 0, "-m= -M= -a --all-tasks -R --reset-on-fork -v --verbose" },
	{ "unbuffer", NULL, ALWAYS, 0, "-p" },
	{ "unshare", NULL, ALWAYS, 0,
		"-m --mount? -u --uts? -i --ipc? -n --net? -p --pid? -U --user? -C --cgroup? -T "
		"--time? -f --fork --map-user= --map-group= -r --map-root-user -c "
		"--map-current-user --map-auto --map-users= --map-groups= --kill-child? "
		"--mount-proc? --propagation= --setgroups= --keep-caps -R= --root= -w@ --wd@ -S= "
		"--setuid= -G= --setgid= --monotonic= --boottime=" },
	{ "uv", NULL, VERBS, 0, UV_OPTIONS },
	{ "uv", "tool", VERBS, 0, UV_OPTIONS },
	{ "uv", "run", 0, 0,
		UV_OPTIONS
		" --with= --with-editable= --with-requirements= --extra= --group= --only-group= "
		"--no-group= -p= --python= --package= --env-file= --isolated --no-project --frozen "
		"--locked --no-sync --active --all-extras --all-groups --no-dev --only-dev --dev "
		"--exact --no-env-file --index= --default-index= --no-editable" },
	{ "uv", "tool run", 0, 0, UV_OPTIONS " --from= --with= -p= --python= --isolated --index=" },
	{ "uvx", NULL, 0, 0, UV_OPTIONS " --from= --with= -p= --python= --isolated --index=" },
	{ "switcherooctl", NULL, VERBS, 0, NULL },
	{ "switcherooctl", "launch", 0, 0, "-g= --gpu=" },
	{ "vagrant", NULL, VERBS, 0, NULL },
	{ "vagrant", "ssh", MARKED, 0, "-c! --command!" },
	{ "valgrind", NULL, ALWAYS, 0, "--*= -v --verbose -q --quiet -d" },
	{ "volta", NULL, VERBS, 0, "--quiet --verbose" },
	{ "volta", "run", 0, 0, "--node= --npm= --pnpm= --yarn= --env=" },
	{ "watch", NULL, ALWAYS | HIDES | JOINS | WRAPPER_ASSIGNS, 0,
		"-d. --differences? -n= --interval= -p --precise -t --no-title -b --beep -e "
		"--errexit -g --chgexit -c --color -x --exec -w --no-wrap" },
	{ "xargs", NULL, ALWAYS | HIDES, 0,
		"-0 --null -a= --arg-file= -d= --delimiter= -E= -e? --eof? -I= -i? --replace? -L= "
		"-l? --max-lines? -n= --max-args= -P= --max-procs= -o --open-tty -p --interactive "
		"--process-slot-var= -r --no-run-if-empty -s= --max-chars= --show-limits -t "
		"--verbose -x --exit" },
	{ "xvfb-run", NULL, ALWAYS, 0,
		"-a --auto-servernum -e= --error-file= -f= --auth-file= -l --listen-tcp -n= "
		"--server-num= -p= --xauth-protocol= -s= --server-args= -w= --wait=" },
	{ "yarn", NULL, VERBS, 0, "-s --silent --cwd@" },
	{ "yarn", "exec|dlx", 0, 0, "-q --quiet -p= --package=" },
	{ "zip", NULL, MARKED | WRAPPER_WORDS, 0, "-TT^ --unzip-command^" },

	/* Only known to be wrappers. */
	{ "abduco catatonit coresched dtach fd fdfind firejail firma firma-run ltrace", NULL, ANY,
		0, NULL },
	{ "bear caffeinate catchsegv cgexec cross-env daemonize gamemoderun heaptrack "
	  "keep-one-running lckdo",
		NULL, ANY, 0, NULL },
	{ "lxc-attach lxc-execute lxc-unshare lxc-usernsexec mpiexec mpirun run-one "
	  "run-this-one srun trickle",
		NULL, ANY, 0, NULL },
	{ "cage daemon dotlockfile fakeroot-ng gdbserver gksu gksudo kdesu kdesudo "
	  "lxqt-sudo",
		NULL, ANY, 0, NULL },
	{ "dockerize dotenv env-cmd envchain honcho wait-for-it wait-for-it.sh", NULL, ANY, 0,
		NULL },
	{ "minijail0 nsjail optirun primusrun uftrace vglrun with-lock-ex", NULL, ANY, 0, NULL },
	{ "perf pipesz proot rlwrap runcon s6-envuidgid s6-sudo schroot setarch", NULL, ANY, 0,
		NULL },
	{ "aoss apulse arch-chroot authbind axwrapper calife ceph-run ch-run "
	  "checkinstall chrootuid",
		NULL, ANY, 0, NULL },
	{ "cde-exec cow-shell debuerreotype-chroot distrobox-host-exec extrace eztrace "
	  "fakemachine fiu-run gamescope",
		NULL, ANY, 0, NULL },
	{ "icecc icerun installwatch jk_chrootlaunch ksu lamexec loadwatch logapp "
	  "logsave mdm-run",
		NULL, ANY, 0, NULL },
	{ "mnexec multiwatch newnet newpid niceload nq nsntrace orterun oshrun", NULL, ANY, 0,
		NULL },
	{ "oslo-rootwrap overlayroot-chroot padsp pasuspender pexec pipexec prime-run "
	  "prun pseudo ptywrap",
		NULL, ANY, 0, NULL },
	{ "pvkrun really rlfe rootlesskit run-on-ac run-on-bat runlim runlock "
	  "s6-tcpserver",
		NULL, ANY, 0, NULL },
	{ "s6-ipcserver s6-notifyoncheck s6-fghack salloc sandbox seatd-launch "
	  "shmemrun super switchsh sux",
		NULL, ANY, 0, NULL },
	{ "startx tcpserver tcpsvd timed-run timelimit tsp udpsvd umockdev-run "
	  "umockdev-wrapper",
		NULL, ANY, 0, NULL },
	{ "annotate-output autoexpect debconf dislocate enosys kibitz setpgid xkibitz "
	  "zrun",
		NULL, ANY, 0, NULL },
	{ "expect_autoexpect expect_dislocate expect_kibitz expect_timed-run "
	  "expect_unbuffer expect_xkibitz",
		NULL, ANY, 0, NULL },
	{ "withlock wrapsrv xinit xtrace", NULL, ANY, 0, NULL },
	/* Emulators of another processor. */
	{ "qemu-aarch64 qemu-aarch64_be qemu-alpha qemu-arm qemu-armeb qemu-cris "
	  "qemu-hexagon qemu-hppa qemu-i386 qemu-loongarch64",
		NULL, ANY, 0, NULL },
	{ "qemu-m68k qemu-microblaze qemu-microblazeel qemu-mips qemu-mips64 "
	  "qemu-mips64el qemu-mipsel qemu-mipsn32 qemu-mipsn32el qemu-nios2",
		NULL, ANY, 0, NULL },
	{ "qemu-or1k qemu-ppc qemu-ppc64 qemu-ppc64le qemu-riscv32 qemu-riscv64 "
	  "qemu-s390x qemu-sh4 qemu-sh4eb qemu-sparc",
		NULL, ANY, 0, NULL },
	{ "qemu-sparc32plus qemu-sparc64 qemu-x86_64 qemu-xtensa qemu-xtensaeb box64 "
	  "box86 wine wine64",
		NULL, ANY, 0, NULL },
	{ "capsh dbus-launch runuser script scriptlive su su-to-root", NULL, ANY | WRAPPER_STRINGS,
		0, NULL },
	{ "concurrently nodemon", NULL, ANY | HIDES | JOINS, 0, NULL },
	{ "clush dish mussh paexec runoverssh", NULL, ANY | HIDES | JOINS, 0, NULL },
	{ "dsh hyperfine mispipe parallel parallel-ssh pdsh pee pssh sem watchexec", NULL,
		ANY | HIDES | JOINS, 0, NULL },
	{ "start-stop-daemon", NULL, ANY | HIDES, 0, NULL },
	/* Terminals: what they run may be a string, or a shell that reads the keyboard. */
	{ "alacritty cool-retro-term foot gnome-terminal kitty konsole lxterm "
	  "lxterminal mate-terminal ptyxis",
		NULL, ANY | HIDES | JOINS, 0, NULL },
	{ "Eterm byobu dvtm fbterm footclient guake kgx kmscon koi8rxterm mlterm", NULL,
		ANY | HIDES | JOINS, 0, NULL },
	{ "pterm rofi-sensible-terminal roxterm sakura stterm terminology tilda tmate "
	  "urxvtc urxvtcd",
		NULL, ANY | HIDES | JOINS, 0, NULL },
	{ "asciinema termrec ttyrec wezterm xvt zutty", NULL, ANY | HIDES | JOINS, 0, NULL },
	{ "qterminal rxvt st terminator tilix urxvt uxterm x-terminal-emulator "
	  "xfce4-terminal xterm",
		NULL, ANY | HIDES | JOINS, 0, NULL },
};

/* --- programs --------------------------------------------------------------------------------- */

/* Room for the names of all programs, and for their text. */
#define NAMES_MAX 640
#define NAMES_SIZE 8192

static struct known_name known_names[NAMES_MAX];
static struct known_names known;
static char text[NAMES_SIZE];

/* Adds each of the names, copied to `to`. Returns where the next copy goes. */
static char *add_words(const char *names, uint16_t value, char *to)
{
	size_t len;

	for (; *names; names += strspn(names, " ")) {
		len = strcspn(names, " ");
		assert(len < (size_t)(text + sizeof(text) - to));
		memcpy(to, names, len); /* NUL follows: the text is static */
		known_names_add(&known, to, value);
		to += len + 1;
		names += len;
	}
	return to;
}

static void add_names(void)
{
	char *to = text;

	if (known.n > 0)
		return;
	known_names_init(&known, known_names, LENGTH(known_names));
	for (size_t w = 0; w < LENGTH(wrappers); w++)
		if (!wrappers[w].verbs)
			to = add_words(wrappers[w].names, (uint16_t)w, to);
}

const struct wrapper *wrapper_find(const char *name)
{
	const struct known_name *found;
	struct known_search search;
	uint16_t first = LENGTH(wrappers);

	add_names();
	if (!known_names_recall(&known, name, &first)) {
		search = known_names_search(&known, name);
		while ((found = known_names_next(&search)))
			if (found->value < first)
				first = found->value;
		known_names_keep(&known, name, first);
	}
	return first < LENGTH(wrappers) ? &wrappers[first] : NULL;
}

const char *wrapper_could_be(const char *pattern)
{
	add_names();
	for (const struct known_name *k = known.list; k < known.list + known.n; k++)
		if (wrappers[k->value].flags & WRAPPER_ALWAYS
			&& program_name_could_be(pattern, k->name))
			return k->name;
	return NULL;
}

/* --- subcommands ------------------------------------------------------------------------------ */

/* Whether the verb matches this word of an alternative; the word may end with '*'. */
static bool is_verb(const char *word, size_t len, const char *verb)
{
	const bool open = word[len - 1] == '*';

	if (open)
		len--;
	return strncmp(word, verb, len) == 0 && (open || verb[len] == '\0');
}

/* Whether the alternative, which ends at '|' or NUL, consists of these words. */
static bool is_verbs(const char *alternative, const char *const *verbs, size_t n)
{
	size_t len;

	for (size_t i = 0; i < n; i++) {
		len = strcspn(alternative, " |");
		if (len == 0 || !is_verb(alternative, len, verbs[i]))
			return false;
		alternative += len;
		alternative += *alternative == ' ';
	}
	return *alternative == '|' || *alternative == '\0';
}

static bool has_verbs(const char *alternatives, const char *const *verbs, size_t n)
{
	for (const char *a = alternatives;; a++) {
		if ((a[0] == verbs[0][0] || a[0] == '*') && is_verbs(a, verbs, n))
			return true;
		a = strchrnul(a, '|');
		if (*a == '\0')
			return false;
	}
}

const struct wrapper *wrapper_find_verb(
	const struct wrapper *program, const char *const *verbs, size_t n)
{
	for (const struct wrapper *w = program + 1; w < wrappers + LENGTH(wrappers) && w->verbs;
		w++)
		if (has_verbs(w->verbs, verbs, n))
			return w;
	return NULL;
}

/* --- options ---------------------------------------------------------------------------------- */

/* The kind of an option, from the suffix after its name. */
static enum option_kind kind_of(const char *suffix)
{
	switch (suffix[0]) {
	case '=':
		return suffix[1] == '=' ? OPTION_PAIR : OPTION_VALUE;
	case '?':
		return OPTION_ATTACHED;
	case '!':
		return OPTION_STRING;
	case '~':
		return OPTION_PERHAPS;
	case '>':
		return OPTION_COMMAND;
	case '^':
		return OPTION_PROGRAM;
	case '.':
		return OPTION_BARE;
	case '@':
		return OPTION_DIRECTORY;
	default:
		return OPTION_ALONE;
	}
}

static const char suffixes[] = "=?!~>^.@";

/* Gives the next option of an entry in *name, of *len characters without its suffix. */
static bool next_option(const char **at, const char **name, size_t *len)
{
	*at += strspn(*at, " ");
	if (**at == '\0')
		return false;
	*name = *at;
	*len = strcspn(*at, " ");
	*at += *len;
	while (*len > 0 && strchr(suffixes, (*name)[*len - 1]))
		(*len)--;
	return true;
}

/* Finds an option, also abbreviated as getopt_long() allows it; `exact`: only in full. */
static enum option_kind find_option(const char *options, const char *word, size_t len, bool exact)
{
	enum option_kind found = OPTION_UNKNOWN;
	const char *name;
	bool several = false;
	size_t n;

	while (next_option(&options, &name, &n)) {
		if (n < len || (exact && n > len) || strncmp(name, word, len) != 0)
			continue;
		if (n == len)
			return kind_of(name + n);
		several |= found != OPTION_UNKNOWN && found != kind_of(name + n);
		found = kind_of(name + n);
	}
	return several ? OPTION_UNKNOWN : found;
}

static bool has_option(const char *options, const char *option)
{
	const char *name;
	size_t n;

	while (next_option(&options, &name, &n))
		if (strncmp(name, option, strlen(option)) == 0)
			return true;
	return false;
}

/* "-it", "-k5": each letter is an option, until one takes the rest as its value. */
static enum option_kind find_letters(const char *options, const char *word, const char **ret_value)
{
	enum option_kind kind = OPTION_UNKNOWN;
	char option[] = "-x";

	for (const char *letter = word + 1; *letter; letter++) {
		option[1] = *letter;
		kind = find_option(options, option, 2, true);
		if (kind == OPTION_UNKNOWN || kind == OPTION_PAIR || kind == OPTION_BARE)
			return OPTION_UNKNOWN;
		if (kind != OPTION_ALONE) {
			*ret_value = letter[1] != '\0' ? letter + 1 : NULL;
			return kind;
		}
	}
	return kind;
}

/* An option that takes nothing may still have a value: --tty=false. */
static enum option_kind find_long(const char *options, const char *word, const char **ret_value)
{
	size_t len = strcspn(word, "=");
	enum option_kind kind = find_option(options, word, len, false);

	if (word[len] == '\0')
		return kind;
	*ret_value = word + len + 1;
	if (kind == OPTION_UNKNOWN && has_option(options, "--*"))
		return OPTION_ALONE;
	return kind == OPTION_PAIR ? OPTION_UNKNOWN : kind;
}

enum option_kind wrapper_option(const struct wrapper *w, const char *word, const char **ret_value)
{
	enum option_kind kind;

	*ret_value = NULL;
	if (!w->options)
		return OPTION_UNKNOWN;
	if (strncmp(word, "--", 2) == 0)
		return find_long(w->options, word, ret_value);

	kind = find_option(w->options, word, strlen(word), true);
	if (kind != OPTION_UNKNOWN || w->flags & WRAPPER_WORDS)
		return kind;
	if (strspn(word + 1, "0123456789") == strlen(word + 1) && has_option(w->options, "-#"))
		return OPTION_ALONE;
	return find_letters(w->options, word, ret_value);
}
