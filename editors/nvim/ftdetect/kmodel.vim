autocmd BufNewFile,BufRead *.km setfiletype kmodel
