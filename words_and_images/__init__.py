"""What words and images share: common/ below neural/ below retraining/, which word2vec/ and vision/
stand on."""
