"""Trains a small network with PyTorch; killed, the same command goes on. MODELBOX_SERVER_ADDR names the server."""

import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelbox

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
torch.manual_seed(0)
inputs = torch.randn(512, 16)
dataset = TensorDataset(inputs, inputs.sin().sum(dim=1, keepdim=True))

model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

with modelbox.ModelBox() as box:
    experiment = box.new_experiment(
        "sines", namespace="examples", external_id="job-4712", framework="pytorch"
    )
    with modelbox.resumable(
        experiment, model=model, optimizer=optimizer, scheduler=scheduler, every_steps=50
    ) as training:
        loader = DataLoader(dataset, batch_sampler=training.batches(len(dataset), 32))
        for step, (x, y) in training.steps(steps, over=loader):
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            training.log({"loss": loss.item(), "lr": scheduler.get_last_lr()[0]})
            print(f"step {step}: {loss.item():.4f}", flush=True)
