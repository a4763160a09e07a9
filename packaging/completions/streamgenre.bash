# Completion of streamgenre for bash. The program is asked; where it offers nothing, bash completes files.
_streamgenre() {
    mapfile -t COMPREPLY < <(
        COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _STREAMGENRE_COMPLETE=complete_bash "$1" 2>/dev/null
    )
    [ -n "${COMPREPLY[0]-}" ] || COMPREPLY=()
}
complete -o bashdefault -o default -F _streamgenre streamgenre
