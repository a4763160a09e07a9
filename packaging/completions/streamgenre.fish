# Completion of streamgenre for fish. The program is asked; where it offers nothing, files are.
function __streamgenre_offer
    set --local --export _STREAMGENRE_COMPLETE complete_fish
    set --local --export _TYPER_COMPLETE_FISH_ACTION get-args
    set --local --export _TYPER_COMPLETE_ARGS (commandline --cut-at-cursor --current-process)
    set --local offers (streamgenre 2>/dev/null)
    if test -n "$offers"
        printf '%s\n' $offers
    else
        __fish_complete_path (commandline --current-token)
    end
end
complete --command streamgenre --no-files --arguments '(__streamgenre_offer)'
