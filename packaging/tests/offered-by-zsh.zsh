# zsh FOLDER LINE: what Tab offers at the end of the line, with the completions of the folder.
# zsh completes at a terminal only, so a second one runs at one.
zmodload zsh/zpty
export OFFERED=$(mktemp) LINE=$2 FOLDER=$1
zpty -b inner zsh -f -i
zpty -w inner '
fpath=($FOLDER $fpath)
autoload -Uz compinit
compinit -u -D
zstyle ":completion:*" format ""
# What fits is written down as well.
compadd() {
  case " $* " in
    *" -O "*|*" -A "*|*" -D "*) builtin compadd "$@"; return ;;
  esac
  local -a fitting
  builtin compadd -O fitting "$@"
  ((!$#fitting)) || print -rl -- $fitting >>$OFFERED
  builtin compadd "$@"
}
fill() { BUFFER=$LINE; CURSOR=$#LINE; zle complete-word; print -r -- "# end" >>$OFFERED; }
zle -N fill
bindkey "^T" fill
print -r -- ready-to-complete
'
deadline=$((SECONDS + 20))
said=
until [[ $said == *$'\n'ready-to-complete* ]]; do
  ((SECONDS < deadline)) || { print -u2 -r -- "zsh does not start: $said"; exit 1; }
  if zpty -r -t inner part; then said+=$part; else sleep 0.05; fi
done
sleep 0.2
zpty -w -n inner $'\x14'
until grep -q '^# end' $OFFERED; do
  ((SECONDS < deadline)) || { print -u2 -r -- "zsh does not answer: $(cat $OFFERED)"; exit 1; }
  zpty -r -t inner part || sleep 0.05
done
zpty -d inner
grep -v '^#\|^$' $OFFERED | sort -u
rm -f $OFFERED
