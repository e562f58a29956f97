#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Where the command of a wrapper begins: a rule about that command meets it there, and a mere mention
# of its name elsewhere is none.

# shellcheck disable=SC2030,SC2031 # each test is a process, and so are its variables
# shellcheck disable=SC2016,SC1083 # nothing in quotes is for the shell; {} is find's

load policy

# A rule about reboot, and one about an argument of it, which must be the last.
serve_reboot() {
	serve_policy
	document "{\"default_action\":\"allow\",\"exec\":[$(rule reboot deny '["reboot","**"]'),
		$(rule halt deny '["halt","now"]'),$(rule push deny '["git","push","**"]')]}"
}

# runs PROGRAM ARG...: reboot is run, and denied. mentions: it isn't. hides: what is run isn't seen.
runs() {
	for_command deny reboot "/usr/bin/$1" "${@:2}"
}

mentions() {
	for_command allow default_action "/usr/bin/$1" "${@:2}"
}

hides() {
	for_command pending_hitl hidden_command "/usr/bin/$1" "${@:2}"
}

@test "a wrapper's command begins after its options and operands" {
	serve_reboot
	runs timeout 5 reboot
	runs timeout -k 5 9 reboot
	runs timeout --kill-after 5 -s KILL --foreground 9 /sbin/reboot -f
	runs timeout --kill=5 -v 1m reboot
	runs timeout -sKILL -vk5 1m reboot
	runs timeout -- 5 reboot
	mentions timeout 5 git commit -m reboot
	mentions timeout -k reboot 5 ls
	mentions timeout 5 ls reboot
	runs env reboot
	runs env -i A=b reboot
	runs env - reboot
	runs env -u A -C / --unset=B -uC -- D=e reboot
	mentions env -u reboot ls
	mentions env A=reboot ls
	mentions env echo reboot
	runs nice reboot
	runs nice -n 5 reboot
	runs nice -5 reboot
	runs nice -n5 reboot
	runs nice --adjustment=5 reboot
	mentions nice -n 5 ls reboot
	runs nohup reboot
	mentions nohup ls reboot
	runs stdbuf -oL -e 0 reboot
	runs time -f %e -o reboot.log reboot
	mentions time -o reboot ls
	mentions time git add docs/reboot
	runs setsid -fw reboot
	runs ionice -c2 -n 7 reboot
	runs chrt -f 5 reboot
	runs chrt -i 0 reboot
	runs taskset -c 0-3 reboot
	runs taskset 1 reboot
	runs flock /tmp/l reboot
	runs flock -w 5 -x /tmp/l reboot
	mentions flock reboot ls
	mentions flock /tmp/l make -c reboot
	runs chroot /srv reboot
	runs chroot --userspec=a:b /srv reboot
	mentions chroot /reboot ls
	runs prlimit --nofile=10 -c reboot
	runs unshare -rm --wd / reboot
	runs nsenter -t 1 -m -u reboot
	runs nsenter -t1 -mfile reboot
	runs setpriv --reuid 5 --clear-groups reboot
	runs choom -n 5 -- reboot
	runs linux64 -R reboot
	runs strace -f -o log -e trace=open reboot
	mentions strace -o log ls reboot
	runs valgrind --tool=memcheck -q reboot
	runs sudo -u root reboot
	runs sudo -nHu root A=b reboot
	runs sudo -u root -- reboot
	runs sudo A=b -EHu root C=d reboot
	runs strace -ff -ttt -o log reboot
	runs nice -n -5 -- reboot
	mentions sudo -p reboot ls
	mentions sudo -u reboot ls
	runs doas -u x reboot
	runs systemd-run --user -p MemoryMax=1G --unit x reboot
	hides systemd-run -p ExecStartPre=x ls
	runs systemd-cat -t reboot reboot
	runs systemd-inhibit --what=sleep --why reboot reboot
	mentions systemd-inhibit --why reboot ls
	runs xvfb-run -a -s '-screen 0' reboot
	runs busybox reboot
	runs busybox timeout 5 reboot
	mentions busybox timeout 5 ls reboot
	runs coreutils nice reboot
	runs coreutils --coreutils-prog=reboot x
	runs coreutils --coreutils-prog=nice reboot
	runs ld-linux-x86-64.so.2 --library-path /x /sbin/reboot
	check_decisions
}

@test "wrappers are followed into each other" {
	serve_reboot
	runs sudo -u x env A=b nice -n 5 timeout 5 reboot
	mentions sudo -u x env A=b nice -n 5 timeout 5 ls reboot
	runs timeout 5 busybox env reboot
	hides timeout 5 env -S 'ls reboot'
	hides timeout 5 su -c 'ls'
	hides sudo timeout 5 xargs ls
	mentions sudo timeout 5 git commit -m xargs
	mentions timeout 5 grep su -c x
	runs xargs -n 1 -I {} reboot
	runs nice watch -n 5 reboot
	for_command deny push /usr/bin/timeout 5 git -C x push
	for_command deny push /usr/bin/docker exec -it c git push
	# More of them than anybody writes are not followed to the end.
	mapfile -t many < <(yes nice | head -n 200)
	runs env "${many[@]}" reboot
	runs env "${many[@]}" ls reboot
	check_decisions
}

@test "from an option that is not known on, each word may be the command" {
	serve_reboot
	runs timeout -@ ls reboot
	runs timeout -k 5 --new-option 9 ls reboot
	runs timeout -k5@ reboot
	runs timeout x reboot
	runs timeout -vz 5 reboot
	runs env -@ x reboot
	runs docker run --new-option x img reboot
	runs docker --new-option x run img reboot
	runs flock /tmp/l -@ reboot
	runs setpriv --re 5 reboot
	runs su - reboot
	runs gdb -p 5 reboot
	mentions timeout -k 5 9 ls reboot
	# What an option has attached is not the next word.
	runs flock --timeout=5 /tmp/l reboot
	runs docker run -vreboot:/x img reboot
	mentions docker run -v reboot:/x img ls
	check_decisions
}

@test "find's commands are seen where -exec and its kind say so, and end with ';' or '+'" {
	serve_reboot
	runs find . -exec reboot ';'
	runs find . -execdir /sbin/reboot {} +
	runs find . -name x -ok reboot ';'
	runs find . -okdir reboot ';'
	runs find . -exec ls {} ';' -exec reboot ';'
	runs find . -exec ls {} + -exec env nice reboot ';'
	mentions find . -name reboot
	mentions find reboot -type f -name '*.c'
	mentions find . -exec git log reboot ';'
	for_command deny halt /usr/bin/find . -exec halt now ';' -print
	for_command deny halt /usr/bin/find . -exec nice halt now ';'
	for_command allow default_action /usr/bin/find . -exec halt later ';' -name now
	hides find . -name x -exec {} ';'
	hides find . -exec env {} ';'
	hides find . -exec sudo xargs ls ';'
	runs find . -exec find / -exec reboot ';' ';'
	runs nix shell nixpkgs#findutils -c find . -exec reboot ';'
	check_decisions
}

@test "containers and other machines: the command is what they run" {
	serve_reboot
	runs docker run --rm img reboot
	runs docker run -it --name reboot -e A=b -v /a:/b --network host img reboot
	runs docker --context x run img reboot
	runs docker container run img reboot
	runs podman run --rm img reboot
	runs podman exec -u 0 ctr reboot
	runs docker compose -f x.yml exec -T web reboot
	runs docker-compose run --rm web reboot
	runs docker run --entrypoint reboot img
	runs docker run --entrypoint=/sbin/reboot img -f
	mentions docker run --rm reboot ls
	mentions docker run --name reboot img
	mentions docker ps -f name=reboot
	mentions docker build -t reboot .
	runs kubectl exec -it pod -- reboot
	runs kubectl -n x exec pod -c ctr -- reboot
	runs kubectl exec pod reboot
	runs kubectl run x --image=img --rm -it -- reboot
	mentions kubectl exec reboot -- ls
	mentions kubectl get pod reboot
	runs ssh h reboot
	runs ssh -p 22 -o BatchMode=yes -l root h -t reboot
	runs ssh h sudo -u root reboot
	runs ssh -tt -- h reboot
	runs docker exec -itu root ctr reboot
	runs docker run -itd --rm=true img reboot
	runs docker run --entrypoint sh img -c 'ls; reboot'
	runs ssh h A=b reboot
	mentions ssh h git log reboot
	mentions ssh -l reboot h
	hides ssh h 'ls; df'
	runs ssh h 'ls; reboot'
	hides ssh h ls '$(df)'
	runs ssh h ls ';' reboot
	hides ssh -o ProxyCommand=x h ls
	hides ssh -oProxyCommand=x h
	runs machinectl shell root@m /sbin/reboot
	runs systemd-nspawn -D /srv/x reboot
	runs ip netns exec ns reboot
	runs ip net ex ns reboot
	runs ip -n x vrf exec v reboot
	mentions ip link show reboot
	runs lxc exec c -- reboot
	runs adb -s x shell reboot
	hides adb shell 'ls;df'
	runs flatpak run --command=reboot app
	runs bwrap --ro-bind / / --dev /dev --unshare-all reboot
	mentions bwrap --ro-bind /reboot reboot ls
	check_decisions
}

@test "sessions, and runners of languages" {
	serve_reboot
	runs tmux new -d -s x reboot
	runs tmux -L s new-session -A -s x nice reboot
	runs tmux split-window -h reboot
	mentions tmux attach -t reboot
	mentions tmux new -s reboot
	hides tmux new 'ls; df'
	runs tmux new 'ls; reboot'
	hides tmux new -d ';' run-shell 'ls; df'
	runs tmux new -d ';' run-shell reboot
	hides tmux send-keys -t x ls Enter
	hides tmux display-message '#(df)'
	runs screen -dmS x reboot
	hides screen -S x -X stuff 'ls; df'
	runs npx reboot
	runs npx -y -p x reboot
	hides npx -c 'ls'
	runs npx -c 'ls && reboot'
	runs npm exec -- reboot
	mentions npm run reboot
	mentions npx ls reboot
	runs uv run reboot
	runs uv run --with x --python 3.12 -- reboot
	mentions uv pip install reboot
	mentions uv run pytest -k reboot
	runs uvx --from x reboot
	runs poetry run reboot
	runs poetry -C x run reboot
	mentions poetry add reboot
	runs pipenv run reboot
	runs bundle exec reboot
	runs conda run -n x reboot
	runs direnv exec . reboot
	runs mise exec node@20 -- reboot
	runs mise x -- reboot
	hides nix-shell -p reboot.x --run ls
	hides nix-shell --command=ls
	runs nix-shell --run 'ls; reboot'
	runs nix-shell '--command=ls; reboot'
	mentions nix-shell -p reboot
	runs nix develop -c reboot
	runs ccache reboot
	runs cpulimit -l 50 -- reboot
	runs gdb --args reboot
	hides gdb -batch -ex 'shell ls' x
	runs chpst -u x reboot
	runs envdir d reboot
	runs s6-setuidgid x reboot
	runs setuidgid x reboot
	mentions setuidgid reboot ls
	runs git bisect run reboot
	hides git submodule foreach 'ls; df'
	runs git submodule foreach 'ls; reboot'
	runs git submodule foreach reboot
	hides git rebase -i --exec ls main
	hides git -c alias.x='!ls' x
	hides git --exec-path=/tmp/x status
	hides git clone -c core.fsmonitor=ls x
	hides git fetch --upload-pack='sh -c ls' x:y
	runs git fetch --upload-pack='ls; reboot' x:y
	hides rsync -e 'sh -c x' a h:
	runs rsync -e 'ls; reboot' a h:
	hides tar --checkpoint-action=exec=ls -cf x y
	runs docker run --entrypoint 'ls; reboot' img
	mentions git -C reboot log reboot
	check_decisions
}

@test "more of what wrappers run, word by word" {
	local words

	serve_reboot
	while read -ra words; do
		runs "${words[@]}"
	done <<-"END"
		find / -maxdepth 1 -exec sudo -n reboot ;
		retry -d 5 -t 3 reboot
		apptainer exec image.sif reboot
		singularity -d exec --bind /x image.sif reboot
		aws-vault exec prod -- reboot
		aws-vault exec -n prod reboot
		crictl exec -it c1 reboot
		pixi run reboot
		hatch run reboot
		op run --env-file=x -- reboot
		doppler run -- sudo reboot
		fnm exec --using=20 reboot
		guix shell coreutils -- reboot
		lima sudo reboot
		limactl shell default reboot
		multipass exec vm -- sudo reboot
		volta run --node 20 reboot
		dotenv -f .env run -- reboot
		wait-for-it.sh h:80 -- reboot
		nocache -n 1 reboot
		mangohud --dlsym reboot
		gdbserver localhost:1 reboot
		nsjail -Mo --chroot / -- /sbin/reboot
		dotlockfile -p -l x reboot
		vglrun -d :1 reboot
		docker run --rm -it -e X --net host --pid host -v /:/h img chroot /h reboot
		podman --log-level debug exec c reboot
		kubectl exec -n x deploy/y -c z -- sh -c reboot
		ssh -i key -J jump -p2222 u@h sudo reboot
		tmux -S /tmp/s new -ds x sudo reboot
		pnpm dlx reboot
		yarn dlx reboot
		uv tool run reboot
		nsenter -at1 reboot
		nsenter -t 1 -m -u -i -n -p -- reboot
		unshare -fmp --mount-proc reboot
		setpriv --reuid=1 --init-groups --inh-caps=-all reboot
		gosu root reboot
		tini -g -- reboot
		chpst -u x -o 5 reboot
		softlimit -m 5 reboot
		setlock -nx f reboot
		run0 -u root reboot
		pkexec --user root reboot
		numactl -N 0 -m 0 reboot
		mosh h -- reboot
		adb shell su -c reboot
		lxc exec c -- sh -c reboot
		vagrant ssh -c reboot
		gcloud compute ssh vm --command reboot
		distrobox enter x -- reboot
		toolbox run -c x reboot
		opam exec -- reboot
		flatpak-spawn --host reboot
		setarch x86_64 -R reboot
		perf stat -e x reboot
		fdfind -x reboot
		fd . -x reboot
		fd . -Hx reboot {}
		fd . -xreboot
		fd . --exec=reboot
		fd . -Xreboot -f
		fd . --exec-batch=/sbin/reboot
		rustup run stable reboot
		rustup -q run --install nightly nice reboot
		rustup +stable run nightly reboot
		podman unshare reboot
		podman unshare --rootless-netns reboot
		buildah unshare reboot
		buildah run ctr -- reboot
		xterm -e reboot
		uxterm -T x -e sh -c reboot
		x-terminal-emulator -e sudo reboot
		gnome-terminal -- reboot
		autossh h reboot
		autossh -M 0 -f -p 22 h sudo reboot
		lxc-attach -n x -- reboot
		lxc-attach x -- sh -c reboot
		lxc-execute -n x -- reboot
		mpirun -n 2 reboot
		mpirun.openmpi -n 2 reboot
		fakeroot-sysv reboot
		fakeroot-tcp -- reboot
		env.fakechroot A=b reboot
		qemu-x86_64 -L /x /sbin/reboot
		qemu-aarch64-static reboot
		runc exec -t ctr reboot
		crun --root /x exec --cwd / ctr sudo reboot
		rsh -l root h reboot
		netkit-rsh h sudo reboot
		rr record reboot
		trace-cmd record -e x reboot
		zrun reboot
		authbind --deep reboot
		annotate-output reboot
		schedtool -R -p 5 -e reboot
		reflex -r x -- reboot
		dpkg-architecture -a amd64 --command reboot
		homectl with u reboot
		run-on-ac reboot
		icecc reboot
		tcpserver 0 5 reboot
		startx /sbin/reboot
		gnome-terminal.wrapper -e reboot
		bun x -y reboot
		bun exec reboot
		tox exec -e py -- reboot
		doppler run --command=reboot
		flatpak enter x reboot
		git fetch --upload-pack reboot origin
		git clone -u reboot x:y
		git ls-remote --upload-p=/sbin/reboot x:y
		git push origin main --receive-pack=reboot
		git archive --remote=x --exec reboot
		git grep -Oreboot x
		git filter-branch --tree-filter reboot
		git send-email --sendmail-cmd=reboot
		rsync -avze reboot x h:
		rsync -a --rsh=reboot x h:
		tar -xI reboot -f x
		tar -xf x --to-command=/sbin/reboot
		sort -n --compress-program=reboot x
		man -P reboot ls
		rg --pre reboot x
		zip x y -T -TT reboot
	END
	while read -ra words; do
		mentions "${words[@]}"
	done <<-"END"
		docker run --rm -v reboot:/r -e reboot img ls
		kubectl -n reboot get pods
		uv run --with reboot pytest
		find reboot -exec ls {} ;
		env PATH=reboot make reboot
		npm run reboot
		timeout 10 find . -name reboot
		bwrap --bind /reboot /reboot ls
		valgrind --log-file=reboot ls reboot
		rustup run reboot ls
		rustup component add reboot
		autossh -M 0 -l reboot h
		podman unshare ls reboot
		sh4-linux-gnu-ld -o reboot x.o
		sh4-linux-gnu-gcc-12 -c reboot
		script6 get-asn reboot
		cl65 -o reboot x.c
		reflex -r reboot -- ls
		rr replay reboot
		homectl inspect reboot
		runc --root reboot state c
		schedtool -n 5 -e ls reboot
		rsync -av reboot h:
		rsync -e ssh reboot h:
		tar -xf reboot
		tar -czf x -C reboot .
		sort -o reboot x
		man reboot
		rg reboot
		zip reboot x
		git fetch reboot
		git grep reboot
		git clone x reboot
		bun x ls reboot
		bun run reboot
	END
	check_decisions
}

@test "a string that is run is hidden, whatever allows it; where it is only words, they are seen" {
	serve_reboot
	hides su -c ls
	hides runuser -u x -c ls
	hides script -qc ls /dev/null
	hides flock /tmp/l -c ls
	hides xterm -e 'ls; df'
	runs xterm -e 'ls; reboot'
	hides autossh h 'ls; df'
	runs autossh h 'ls; reboot'
	hides flock -n /tmp/l --command ls
	runs flock /tmp/l -c 'ls; reboot'
	runs flock --new-option /tmp/l -c 'ls; reboot'
	runs su root -c 'ls; reboot'
	hides sg adm ls
	hides watch ls
	hides eval ls
	hides entr -s ls
	hides start-stop-daemon --start --exec /bin/ls
	hides env -S ls
	runs env -S 'reboot -f'
	# What is in it is denied where a rule denies it.
	runs watch -n 5 'ls; reboot'
	runs watch ls ';' reboot
	runs su-to-root -X -c 'ls; reboot'
	hides su-to-root -c ls
	runs pee cat 'reboot -f'
	hides mispipe ls cat
	runs pdsh -w h 'ls; reboot'
	mentions aws-vault exec reboot -- ls
	mentions limactl shell reboot ls
	mentions guix shell reboot -- ls
	mentions op item get reboot
	hides sops exec-env x.yaml 'ls; df'
	runs sops exec-env x.yaml 'ls; reboot'
	runs concurrently 'ls; reboot'
	mentions retry -t 3 ls reboot
	mentions nocache git commit -m reboot
	# env2 is a program of its own.
	mentions env2 -from reboot
	runs sg adm 'reboot -f'
	runs sg - adm -c 'ls; reboot'
	hides sg reboot ls
	runs parallel 'reboot {}' ::: x
	runs hyperfine -N 'reboot -f'
	runs eval 'ls; reboot'
	hides strace -o '|cat' ls
	mentions strace -o log ls
	mentions flock /tmp/l grep -c x y
	mentions ssh h
	check_decisions
}

@test "git's programs with a dash are git with a subcommand" {
	serve_reboot
	for_command deny push /usr/lib/git-core/git-push origin main
	for_command deny push /usr/bin/env git-push
	for_command deny push /usr/bin/sudo -u x /usr/lib/git-core/git-push -f
	for_command deny push /usr/bin/sh -c 'ls; git-push'
	decides deny push executable=/tmp/x real_path=/usr/lib/git-core/git-push args:='["x"]'
	for_command allow default_action /usr/lib/git-core/git-status push
	for_command allow default_action /usr/bin/env git-log push
	for_command allow default_action /usr/bin/git-
	runs git-bisect run reboot
	# What allows git does not allow them.
	rules "$(rule status allow '["git","status"]')"
	for_command deny default_action /usr/bin/git-status
	check_decisions
}

# If a wrapper names two directories, the paths of relative words are unknown, and skipped. Their share
# of the limit for paths must not go to the words after them, for which no room was allocated:
# AddressSanitizer would report it.
@test "a word that is not a path leaves its room to no other word" {
	local cwd='' args i

	serve_reboot
	for ((i = 0; i < 40; i++)); do
		printf -v cwd '%s/%0101d' "$cwd" "$i"
	done
	printf -v cwd '%s/%09d' "$cwd" 0
	((${#cwd} == 4090)) || fail "${#cwd}"
	args='"--chdir=/a","--chdir=/b","true"'
	printf -v args '%s%251s,"%0813d","/%04023d"' "$args" '' 0 0
	args=${args// /',"a"'}
	printf -v args '%s%255s' "$args" ''
	args=${args// /',"/proc/self/cwd"'}
	run ask executable=/usr/bin/env real_path=/usr/bin/env cwd="$cwd" args:="[$args]"
	assert_field decision pending_hitl
	run ask executable=/usr/bin/env real_path=/usr/bin/env args:='["reboot"]'
	assert_field decision deny
}
