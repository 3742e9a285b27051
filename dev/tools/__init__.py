"""Programs that the checks need and no package registry ships ready to run: built here, once, and cached."""
