# SPDX-License-Identifier: GPL-3.0-or-later
# Fails when a folder includes what it must not know.
function(forbid dir pattern why)
  file(GLOB_RECURSE files "${ROOT}/${dir}/*.h" "${ROOT}/${dir}/*.cpp")
  foreach(f ${files})
    file(STRINGS "${f}" hits REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"](${pattern})")
    if(hits)
      message(SEND_ERROR "${f}: ${hits} (${why})")
    endif()
  endforeach()
endfunction()

forbid(core "Q[A-Z]|Qt|qcustomplot|ui/|app/" "core is Qt-free and knows no window")
forbid(ui "torch/|ATen/|c10/|sqlite3|sentencepiece|app/" "ui never sees tensors or storage")
foreach(folder base config text data hub store cli)
  forbid(core/${folder} "torch/|ATen/|c10/" "only nn and what builds on it sees tensors")
endforeach()
foreach(folder base config text data quant nn weights hub peft objectives optim train inference publish)
  forbid(core/${folder} "sqlite3|core/store/|core/cli/" "storage stays in store")
endforeach()
foreach(folder pages models forms widgets bridge dialogs commands settings)
  forbid(ui/${folder} "qcustomplot" "only charts draws with QCustomPlot")
endforeach()

# Public core headers stay torch-free, so that the window can include them.
foreach(header train/events.h train/run.h train/stop_control.h inference/session.h peft/combine.h peft/lora_gguf.h peft/method.h publish/modelfile.h publish/proof.h publish/publish.h weights/gguf_save.h config/run_config.h
        config/field.h config/record.h data/dataset.h data/encoding.h store/project.h nn/decoder_config.h)
  file(STRINGS "${ROOT}/core/${header}" hits REGEX "#[ \t]*include[ \t]*[<\"](torch/|ATen/|c10/)")
  if(hits)
    message(SEND_ERROR "core/${header}: ${hits} (public headers are torch-free)")
  endif()
endforeach()
